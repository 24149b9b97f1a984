"""The engine's reasoning about one envelope, turned into an explanation.

A family's step is the difference that folding it in makes, family by family in the engine's order:
with the prior the steps sum to the posterior, exactly. What it does alone is measured against the
posterior without it. Families that say the same thing twice take a large step first and a small one
after, and each alone little: both numbers are needed.
"""

from collections.abc import Mapping, Sequence

import attrs
import numpy as np

from octet.schema import Envelope
from octet.service.atlas.as_types import AsType
from octet.service.atlas.container import Array
from octet.service.atlas.delay import REACH_KM_PER_MS
from octet.service.engine import Engine, Reasoning
from octet.service.engine.facts import Facts
from octet.service.engine.hypotheses import Environment, Transport
from octet.service.engine.posterior import Posterior, joint
from octet.service.explain.explanation import (
    ELSEWHERE,
    Absence,
    Explanation,
    Family,
    Landmark,
    Share,
    Weight,
    Without,
)
from octet.service.explain.withheld import missing, withheld

LEAST_SHARE = 1e-6
_LEAST = 1e-300
_ONE = np.array([0])

MEANINGS: Mapping[str, str] = {
    "unsupported": "there is no such thing in this browser or on this edge",
    "blocked": "it is there, and refuses",
    "timeout": "it did not answer within the budget",
    "error": "reading it failed",
    "skipped": "the collector's mode leaves it out",
    "not-sent": "the report does not mention it",
    "untold": "the envelope does not mention it",
    "unset": "EDGE_LOCATION is not set, so its delays say nothing of distance",
    "not-linux": "only Linux tells",
    "not-tls": "the connection was not encrypted here",
    "behind-proxy": "a proxy stands between, and this hop does not see it",
    "expired-receipt": "the page brought its receipt too late",
    "foreign-receipt": "the receipt is another deployment's or another session's",
}


def explain(engine: Engine, envelope: Envelope) -> Explanation:
    """Return how *engine* comes to its verdict on *envelope*."""
    reasoning = engine.reason([envelope])
    posterior = reasoning.posterior
    [verdict] = engine.judge([envelope])
    best = int(np.argmax(posterior.country[0]))
    codes = engine.atlas.countries
    believed = joint(reasoning.hypotheses, reasoning.log_exit, reasoning.evidence)[0]
    return Explanation(
        id=envelope.id,
        session_ref=envelope.session_ref,
        edge=envelope.edge.id,
        received_at_ms=envelope.received_at,
        mode=str(envelope.report.mode),
        atlas=engine.atlas.version,
        verdict=verdict,
        country=codes[best],
        suspicion=float(posterior.suspicion[0]),
        countries=_shares(codes, posterior.country[0]),
        transports=_shares(_names(Transport), posterior.manner[0].sum(axis=1)),
        environments=_shares(_names(Environment), posterior.manner[0].sum(axis=0)),
        exits=_exits(codes, believed, reasoning.votes.named[0]),
        prior=_weight(_without(reasoning, _families(reasoning)), best),
        families=_steps(reasoning, best),
        posterior=_weight(posterior, best),
        without=_without_each(engine, envelope, best),
        missing=tuple(Absence(n, why, MEANINGS.get(why, "")) for n, why in missing(envelope)),
        facts=tuple(_facts(engine, reasoning.facts[0])),
        landmarks=_landmarks(reasoning.facts[0]),
    )


# --- the posterior -----------------------------------------------------------------------------


def _names(kind: type[Transport] | type[Environment]) -> list[str]:
    return [member.name.lower().replace("_", " ") for member in kind]


def _shares(names: Sequence[str], probability: Array) -> tuple[Share, ...]:
    order = np.argsort(-probability, kind="stable")
    return tuple(
        Share(names[row], float(probability[row]))
        for row in order.tolist()
        if probability[row] >= LEAST_SHARE
    )


def _exits(codes: Sequence[str], believed: Array, named: Array) -> tuple[Share, ...]:
    """Return P(exit | z): slot 0 is the country itself, the last slot none of those named."""
    at = believed.sum(axis=(0, 1))
    exits = np.append(at[0], at[-1].sum())
    for slot, country in enumerate(named.tolist(), start=1):
        exits[country] += at[slot].sum() if country >= 0 else 0.0
    return _shares([*codes, ELSEWHERE], exits)


# --- the evidence ------------------------------------------------------------------------------


def _families(reasoning: Reasoning) -> list[str]:
    return [part.family for part in reasoning.evidence]


def _without(reasoning: Reasoning, families: Sequence[str]) -> Posterior:
    return reasoning.without(frozenset(families), _ONE)


def _weight(posterior: Posterior, best: int, row: int = 0) -> Weight:
    country = posterior.country[row]
    rest = np.delete(country, best).sum()
    return Weight(
        country_nats=float(np.log(country[best] + _LEAST) - np.log(rest + _LEAST)),
        suspicion_nats=float(posterior.log_odds[row]),
    )


def _less(one: Weight, other: Weight) -> Weight:
    return Weight(
        country_nats=one.country_nats - other.country_nats,
        suspicion_nats=one.suspicion_nats - other.suspicion_nats,
    )


def _steps(reasoning: Reasoning, best: int) -> tuple[Family, ...]:
    names = _families(reasoning)
    # After so many families: the ones that are not yet folded in are left out.
    after = [_weight(_without(reasoning, names[n:]), best) for n in range(len(names) + 1)]
    return tuple(
        Family(
            part.family,
            str(part.group),
            adds=_less(after[n + 1], after[n]),
            alone=_less(after[-1], _weight(_without(reasoning, [part.family]), best)),
        )
        for n, part in enumerate(reasoning.evidence)
    )


def _without_each(engine: Engine, envelope: Envelope, best: int) -> tuple[Without, ...]:
    names, envelopes = zip(*withheld(envelope), strict=True)
    batch = [envelope, *envelopes]
    posterior = engine.reason(batch).posterior
    whole = _weight(posterior, best)
    full, *verdicts = engine.judge(batch)
    found = [
        Without(
            name,
            _less(whole, _weight(posterior, best, row)),
            verdict,
            changes=(verdict.country, verdict.alarm) != (full.country, full.alarm),
        )
        for row, (name, verdict) in enumerate(zip(names, verdicts, strict=True), start=1)
    ]
    return tuple(sorted(found, key=_importance, reverse=True))


def _importance(one: Without) -> tuple[bool, float]:
    return one.changes, max(abs(one.lost.country_nats), abs(one.lost.suspicion_nats))


# --- the facts ---------------------------------------------------------------------------------


def _facts(engine: Engine, fact: Facts) -> list[tuple[str, str]]:
    told = _address(engine, fact.source_ip)
    values = attrs.asdict(fact, recurse=False)
    told += [(_words(n), _text(v)) for n, v in values.items() if n not in _APART and _says(v)]
    stack = attrs.asdict(fact.stack, recurse=False)
    return told + [(_words(n), _text(v)) for n, v in stack.items() if _says(v)]


_APART = ("source_ip", "landmarks", "stack", "received_at_ms")


def _address(engine: Engine, address: str) -> list[tuple[str, str]]:
    atlas = engine.atlas
    votes, kinds, numbers = atlas.addresses.look_up([address])
    told = [("source address", address)]
    named = [atlas.countries[row] if row >= 0 else "–" for row in votes[0].tolist()]
    told.append(("tables say", ", ".join(named)))
    number = int(numbers[0])
    if number >= 0:
        told.append(("network", f"AS{number} {atlas.as_name(number) or ''}".strip()))
    if kinds[0] >= 0:
        told.append(("kind of network", AsType(int(kinds[0])).name.lower()))
    return told


def _words(name: str) -> str:
    head, _, unit = name.rpartition("_")
    if head and unit in {"ms", "min"}:
        return f"{head.replace('_', ' ')}, {unit}"
    return name.replace("_", " ")


def _says(value: object) -> bool:
    return value is not None and value != () and value is not False


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.1f}"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "yes" if value is True else str(value)


def _landmarks(fact: Facts) -> tuple[Landmark, ...]:
    return tuple(
        Landmark(
            mark.place,
            mark.kernel_ms,
            mark.app_ms,
            reach_km=REACH_KM_PER_MS * (mark.app_ms or mark.kernel_ms or 0.0),
        )
        for mark in fact.landmarks
    )
