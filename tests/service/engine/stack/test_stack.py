"""What is found in whole envelopes."""

import base64
from typing import Any

import attrs
import pytest

from octet.schema import (
    AbsenceReason,
    Envelope,
    Hardware,
    Http,
    Http2,
    Languages,
    Present,
    Screen,
    Signals,
    Tls,
    UserAgent,
    Webgl,
)
from octet.schema.signal import wire_name
from octet.service.engine.stack import SILENT, Stack, System, client_hello_of, stack_of
from tests.service.engine.sessions import session
from tests.service.engine.stack.hellos import CHROME, FIREFOX, LINUX, WINDOWS, syn

CHROME_WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36"
)


def envelope(*signals: Any, **observed: Any) -> Envelope:
    plain = session(languages=None)
    named = {wire_name(type(signal).__name__): Present(signal) for signal in signals}
    for raw in ("syn",):
        if raw in observed:
            observed[raw] = base64.b64encode(observed[raw]).decode()
    if "hello" in observed:
        encoded = base64.b64encode(observed.pop("hello")).decode()
        observed["tls"] = Tls(client_hello=encoded)
    return attrs.evolve(
        plain,
        report=attrs.evolve(plain.report, signals=Signals(named)),
        observed=attrs.evolve(plain.observed, **observed),
    )


def found(*signals: Any, fronted: bool = False, **observed: Any) -> Stack:
    return stack_of(envelope(*signals, **observed), fronted=fronted)


AGENT = UserAgent(CHROME_WINDOWS)


def test_nothing_is_silent() -> None:
    """An envelope without any of it says nothing."""
    assert found() == SILENT


def test_the_syn_and_the_claim() -> None:
    """What the kernel sent stands beside what the browser says."""
    stack = found(AGENT, syn=syn(WINDOWS, ttl=117))
    assert (stack.claimed, stack.system, stack.mss) == (System.WINDOWS, System.WINDOWS, 1460)


@pytest.mark.parametrize(
    ("observed", "agrees"),
    [
        ({"hello": CHROME}, True),
        ({"hello": FIREFOX}, False),
        ({"hello": b"\x01nonsense"}, None),
        ({"http": Http(version="1.1", headers=(("Sec-CH-UA", "x"),))}, True),
        (
            {
                "http": Http(
                    version="2",
                    headers=(),
                    h2=Http2(settings=(), window_update=0, priority=(), pseudo=tuple("mpas")),
                )
            },
            False,
        ),
        (
            {
                "http": Http(version="1.1", headers=(("sec-ch-ua", "x"),)),
                "missing": {"headerOrder": AbsenceReason.BEHIND_PROXY},
            },
            None,
        ),
    ],
)
def test_engines(observed: dict[str, Any], agrees: bool | None) -> None:
    """Known protocols agree with the claim or not; unknown ones have no say."""
    assert found(AGENT, **observed).engine_agrees is agrees


def headers(**pairs: str) -> Http:
    return Http(version="1.1", headers=tuple((k.replace("_", "-"), v) for k, v in pairs.items()))


@pytest.mark.parametrize(
    ("signals", "observed", "agrees"),
    [
        ([AGENT], {}, None),
        ([AGENT, Hardware(platform="Win32")], {}, True),
        ([AGENT, Hardware(platform="Linux x86_64")], {}, False),
        ([UserAgent(CHROME_WINDOWS, platform="macOS")], {}, False),
        ([AGENT], {"http": headers(user_agent=CHROME_WINDOWS)}, True),
        ([AGENT], {"http": headers(user_agent="curl/8")}, False),
        ([AGENT], {"http": headers(user_agent="")}, None),
        ([AGENT, Languages(("de-DE",))], {"http": headers(accept_language="de,en;q=0.9")}, True),
        ([AGENT, Languages(("de-DE",))], {"http": headers(accept_language="ru-RU,ru")}, False),
        (
            [UserAgent("Mozilla (iPhone) Mobile Safari/1"), Screen(2560, 1600, 1, 1, 24, 1)],
            {},
            False,
        ),
        (
            [UserAgent("Mozilla (iPhone) Mobile Safari/1"), Screen(390, 844, 1, 1, 24, 3)],
            {},
            True,
        ),
    ],
)
def test_stories(signals: list[Any], observed: dict[str, Any], agrees: bool | None) -> None:
    """Platform, hints, screen and headers tell the browser's story or another."""
    assert found(*signals, **observed).machine_agrees is agrees


@pytest.mark.parametrize(
    ("renderer", "virtual"),
    [
        ("ANGLE (NVIDIA GeForce RTX 3060)", False),
        ("ANGLE (Google, Vulkan (SwiftShader Device))", True),
        ("llvmpipe (LLVM 17)", True),
        ("", False),
    ],
)
def test_graphics(renderer: str, virtual: bool) -> None:
    """Software and virtual renderers are known by name."""
    assert found(Webgl("x", renderer)).virtual is virtual


def test_a_fronted_edge_sees_the_proxys_protocols() -> None:
    """Behind an undeclared proxy neither SYN nor TLS nor headers are the browser's."""
    stack = found(AGENT, fronted=True, hello=FIREFOX, syn=syn(LINUX))
    assert stack == Stack(claimed=System.WINDOWS)


def test_a_broken_encoding_is_nothing() -> None:
    """Base64 that decodes to nothing is no ClientHello."""
    plain = session()
    for text in ("AQ", "===="):
        observed = attrs.evolve(plain.observed, tls=Tls(client_hello=text), syn=text)
        broken = attrs.evolve(plain, observed=observed)
        assert client_hello_of(broken) is None
        assert stack_of(broken, fronted=False).system is None
