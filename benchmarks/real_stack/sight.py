"""One visit in numbers: what the edge saw, and what the engine makes of it."""

import base64
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Final

import attrs

from octet.schema import Envelope, structure
from octet.service.atlas.container import Array
from octet.service.engine import Engine
from octet.service.engine.hypotheses import Environment, Transport
from octet.service.engine.stack import client_hello_of
from octet.service.engine.stack.syn import read_syn

VERDICT: Final = ("country", "confidence", "alarm")
LEAST: Final = 0.0005
"""Smaller probabilities are left out."""


def sight(engine: Engine, visit: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures of a visit as JSON; its envelope has one latency channel."""
    envelope = structure(Envelope, visit["envelope"])
    (channel,) = envelope.observed.latency
    assert channel.tcp is not None  # noqa: S101 - the edge runs on Linux
    kernel_us = channel.tcp.min_rtt_us
    assert kernel_us is not None  # noqa: S101 - likewise
    judged = _judged(engine, envelope)
    return {
        "late": visit["late"],
        "sourceIp": envelope.observed.source_ip,
        "kernelMinRttUs": kernel_us,
        "appMinRttUs": min(channel.rtt_us),
        "deltaUs": min(channel.rtt_us) - kernel_us,
        "volleys": len(channel.rtt_us),
        "sndMss": channel.tcp.snd_mss,
        "advMss": channel.tcp.adv_mss,
        "pmtu": channel.tcp.pmtu,
        "syn": _syn(envelope),
        "ja4": hello.ja4() if (hello := client_hello_of(envelope)) else None,
        "engine": judged,
        "serviceAgrees": all(visit["verdict"].get(name) == judged[name] for name in VERDICT),
    }


def _syn(envelope: Envelope) -> dict[str, Any] | None:
    """Return the SYN of the post's own connection, in numbers and in full."""
    text = envelope.observed.syn
    if text is None:
        return None
    syn = read_syn(base64.b64decode(text))
    assert syn is not None  # noqa: S101 - the kernel kept it as one
    order, system = " ".join(syn.options), str(syn.system)
    return {**attrs.asdict(syn), "options": order, "system": system, "base64": text}


def _judged(engine: Engine, envelope: Envelope) -> dict[str, Any]:
    reasoning = engine.reason([envelope])
    posterior, [verdict] = reasoning.posterior, engine.judge([envelope])
    return {
        "transport": _shares(Transport, posterior.manner[0].sum(axis=1)),
        "environment": _shares(Environment, posterior.manner[0].sum(axis=0)),
        "suspicion": round(float(posterior.suspicion[0]), 4),
        "country": verdict.country,
        "confidence": verdict.confidence,
        "alarm": str(verdict.alarm),
    }


def _shares(names: type[IntEnum], probability: Array) -> dict[str, float]:
    """Return what is likely at all, by name, the likeliest first."""
    found = {name.name.lower(): round(float(probability[name]), 4) for name in names}
    ranked = sorted(found.items(), key=lambda one: -one[1])
    return {name: share for name, share in ranked if share >= LEAST}
