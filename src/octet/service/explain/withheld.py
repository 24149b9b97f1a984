"""The same envelope with one thing left out, thing by thing.

The engine itself then says what it would have answered: nothing of its inside is known here.
"""

from collections.abc import Iterator
from typing import Any

import attrs

from octet.schema import Envelope, Missing, Present, Signals
from octet.schema.signal import NOT_SENT
from octet.schema.signals import SIGNAL_TYPES

NOBODYS = "192.0.2.1"
"""An address for documentation (RFC 5737), of which no table knows anything."""

ADDRESS = "source address"
CHANNELS = "latency channels"
PLACE = "edges' places"


def withheld(envelope: Envelope) -> Iterator[tuple[str, Envelope]]:
    """Return what can be left out of an envelope, each with the envelope that lacks it."""
    yield ADDRESS, _unaddressed(envelope)
    signals = envelope.report.signals
    for name, signal in signals.by_name.items():
        if name in SIGNAL_TYPES and isinstance(signal, Present):
            rest = Signals({**signals.by_name, name: NOT_SENT})
            yield name, attrs.evolve(envelope, report=attrs.evolve(envelope.report, signals=rest))
    observed = envelope.observed
    for name in ("tcp", "syn", "tls"):
        if getattr(observed, name) is not None:
            yield name, _observed(envelope, **{name: None})
    if observed.http.h2 is not None:
        yield "h2", _observed(envelope, http=attrs.evolve(observed.http, h2=None))
    if observed.latency:
        yield CHANNELS, _observed(envelope, latency=())
    if envelope.edge.lat is not None or any(c.lat is not None for c in observed.latency):
        yield PLACE, _unplaced(envelope)


def missing(envelope: Envelope) -> Iterator[tuple[str, str]]:
    """Return what is not there, with the reason in the contract's words."""
    signals = envelope.report.signals
    for name in SIGNAL_TYPES:
        signal = signals.by_name.get(name)
        if signal is None:
            yield name, "not-sent"
        elif isinstance(signal, Missing):
            yield name, str(signal.missing)
    told = {name: str(reason) for name, reason in envelope.observed.missing.items()}
    there = {"h2": envelope.observed.http.h2, "latency": envelope.observed.latency or None}
    for name in ("tcp", "syn", "tls", "h2", "latency"):
        seen = there[name] if name in there else getattr(envelope.observed, name)
        if seen is None:
            told.setdefault(name, "untold")
    # The signal of that name is what the page measured, and stands above.
    yield from ((CHANNELS if name == "latency" else name, why) for name, why in told.items())
    if envelope.edge.lat is None:
        yield "edge's place", "unset"


def _unaddressed(envelope: Envelope) -> Envelope:
    own = envelope.observed.source_ip
    latency = tuple(
        attrs.evolve(channel, source_ip=NOBODYS) if channel.source_ip == own else channel
        for channel in envelope.observed.latency
    )
    return _observed(envelope, source_ip=NOBODYS, latency=latency)


def _unplaced(envelope: Envelope) -> Envelope:
    latency = tuple(attrs.evolve(c, lat=None, lon=None) for c in envelope.observed.latency)
    edge = attrs.evolve(envelope.edge, lat=None, lon=None)
    return attrs.evolve(_observed(envelope, latency=latency), edge=edge)


def _observed(envelope: Envelope, **changes: Any) -> Envelope:
    return attrs.evolve(envelope, observed=attrs.evolve(envelope.observed, **changes))
