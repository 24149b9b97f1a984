"""What the protocols and the machine say about the browser, each beside what it claims to be.

The parsers of meaning (`syn`, `client_hello`, `http`, `user_agent`) are pure, take any bytes, and
never raise; `likelihoods.stack` weighs what `stack_of` finds. Where an undeclared proxy stands
before the edge the protocols are that proxy's, and left out.
"""

import base64
import binascii
from collections.abc import Iterator

from attrs import frozen

from octet.schema import Envelope, Hardware, Languages, Missing, Screen, UserAgent, Webgl
from octet.service.engine.stack.client_hello import ClientHello, Engine, read_client_hello
from octet.service.engine.stack.http import engine_of_h2, engine_of_headers
from octet.service.engine.stack.syn import Syn, System, read_syn
from octet.service.engine.stack.user_agent import (
    Claim,
    hinted_engine,
    platform_system,
    read_user_agent,
)

__all__ = ["SILENT", "Claim", "ClientHello", "Engine", "Stack", "Syn", "System", "stack_of"]

MAX_BASE64_CHARS = 16_384
"""Of a ClientHello that are decoded; with post-quantum key shares one has 3,000."""
VIRTUAL = (
    "swiftshader",
    "llvmpipe",
    "softpipe",
    "vmware",
    "virtualbox",
    "virgl",
    "parallels",
    "basic render",
)
"""Renderers of virtual machines, and of machines without graphics as in data centres."""
DESKTOP_WIDTH = 1600
"""CSS pixels; no phone is as wide."""


@frozen(kw_only=True)
class Stack:
    """What was found; None where either side of a comparison is missing."""

    claimed: System | None = None
    """The family of systems that the browser says it runs on."""
    system: System | None = None
    """The family whose TCP sent the SYN."""
    mss: int | None = None
    """Largest segment that the other end takes, bytes."""
    engine_agrees: bool | None = None
    """TLS, HTTP/2 and header order, as far as they are known ones, are the claimed engine's."""
    machine_agrees: bool | None = None
    """Platform, hints, screen and headers tell the same story as the user agent and languages."""
    virtual: bool | None = None
    """The graphics are a virtual machine's or none."""


SILENT = Stack()


def stack_of(envelope: Envelope, *, fronted: bool) -> Stack:
    """Read what an envelope says of the browser's own stack.

    Args:
        envelope: any.
        fronted: the connection is an undeclared proxy's, so its protocols say nothing.
    """
    observed, signals = envelope.observed, envelope.report.signals
    agent, webgl = signals.get(UserAgent), signals.get(Webgl)
    claim = None if isinstance(agent, Missing) else read_user_agent(agent.ua)
    syn = None if fronted or observed.syn is None else read_syn(_decoded(observed.syn))
    engines = [] if fronted else list(_engines(envelope))
    return Stack(
        claimed=claim.system if claim else None,
        system=syn.system if syn else None,
        mss=syn.mss if syn else None,
        engine_agrees=_agrees(claim.engine if claim else None, engines),
        machine_agrees=_machine_agrees(envelope, claim) if claim else None,
        virtual=None if isinstance(webgl, Missing) else _is_virtual(webgl),
    )


def client_hello_of(envelope: Envelope) -> ClientHello | None:
    """Return the envelope's ClientHello, if it has one."""
    tls = envelope.observed.tls
    if tls is None or tls.client_hello is None:
        return None
    return read_client_hello(_decoded(tls.client_hello))


def _engines(envelope: Envelope) -> Iterator[Engine | None]:
    """Yield what each protocol takes the browser for."""
    hello, http = client_hello_of(envelope), envelope.observed.http
    if hello is not None:
        yield hello.engine
    if http.h2 is not None:
        yield engine_of_h2(http.h2)
    if "headerOrder" not in envelope.observed.missing:
        yield engine_of_headers([name.lower() for name, _ in http.headers])


def _agrees(claimed: Engine | None, found: list[Engine | None]) -> bool | None:
    told = [engine for engine in found if engine not in {None, Engine.OTHER}]
    return all(engine is claimed for engine in told) if claimed and told else None


def _machine_agrees(envelope: Envelope, claim: Claim) -> bool | None:
    signals, headers = envelope.report.signals, envelope.observed.http.headers
    agent, machine = signals.get(UserAgent), signals.get(Hardware)
    screen, languages = signals.get(Screen), signals.get(Languages)
    told: list[bool] = []
    if not isinstance(agent, Missing):
        hinted, platform = hinted_engine(agent), platform_system(agent.platform)
        told += [hinted is claim.engine] if hinted and claim.engine else []
        told += [platform is claim.system] if platform and claim.system else []
        sent = _header(headers, "user-agent")
        told += [sent == agent.ua] if sent else []
    if not isinstance(machine, Missing):
        platform = platform_system(machine.platform)
        told += [platform is claim.system] if platform and claim.system else []
    if not isinstance(screen, Missing) and claim.mobile:
        told.append(min(screen.width, screen.height) < DESKTOP_WIDTH)
    if not isinstance(languages, Missing) and languages.list:
        sent = _header(headers, "accept-language")
        told += [_language(sent) == _language(languages.list[0])] if sent else []
    return all(told) if told else None


def _header(headers: tuple[tuple[str, str], ...], wanted: str) -> str:
    return next((value for name, value in headers if name.lower() == wanted), "")


def _language(text: str) -> str:
    return text[:8].replace(",", "-").replace(";", "-").partition("-")[0].strip().lower()


def _is_virtual(webgl: Webgl) -> bool:
    renderer = webgl.renderer[:512].lower()
    return any(word in renderer for word in VIRTUAL)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text[:MAX_BASE64_CHARS])
    except binascii.Error:
        return b""
