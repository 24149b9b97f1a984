"""One run: worlds, their sessions, everybody's answers, and the numbers from them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs
import numpy as np
from attrs import define, field, frozen

from benchmarks.accuracy import baselines, scores
from benchmarks.accuracy.baselines import Answer, Looked
from benchmarks.accuracy.exits import Known
from benchmarks.accuracy.paths import Paths, measured_noise_ms
from benchmarks.accuracy.sessions import Case, Session, Simulator
from benchmarks.accuracy.space import Space
from benchmarks.accuracy.world import World
from octet.schema.verdict import Alarm
from octet.service.atlas import Atlas
from octet.service.atlas.as_types import AsType
from octet.service.atlas.container import Array
from octet.service.engine import Engine

SURE: Final = 0.9
ON_NO_LIST: Final = ", exit on no list"
MANY: Final = {Case.DIRECT: 20, Case.TRAVELLER: 20}
"""Times as many sessions: what is rare among these is what matters."""

HIDDEN_SHARES: Final = (0.05, 0.1, 0.2)
OPEN_MIX: Final = {
    Case.DIRECT: 0.89,
    Case.TRAVELLER: 0.07,
    Case.ROAMING: 0.01,
    Case.OFFICE: 0.028,
    Case.SATELLITE: 0.002,
}
HIDDEN_MIX: Final = {
    Case.VPN_HOME: 0.24,
    Case.VPN_HONEST: 0.29,
    Case.VPN_SPOOFED: 0.1,
    Case.PROXY_ABROAD: 0.1,
    Case.PROXY_HOME: 0.05,
    Case.RELAY: 0.2,
    Case.TOR: 0.02,
}
"""Judgement, both."""

SMALL_DELTA_MS: Final = 10.0
LEAST_OF_PATTERN: Final = 200
CALIBRATION_RESAMPLES: Final = 200


@frozen
class Size:
    """How much is simulated."""

    worlds: int = 20
    sessions: int = 100
    """Of each class in each world."""


@define
class Crowd:
    """All sessions of a run, with what is known of each."""

    sessions: list[Session] = field(factory=list)
    worlds: list[int] = field(factory=list)
    looked: list[Looked] = field(factory=list)
    answers: dict[str, list[Answer]] = field(factory=dict)


def measure(atlas: Atlas, known: Known, size: Size, *, seed: int) -> dict[str, Any]:
    """Return what is kept of a run: aggregates, and no session."""
    rng = np.random.default_rng(seed)
    crowd = simulate(atlas, known, size, rng)
    worlds = np.array(crowd.worlds)
    masks = _masks(crowd, known)
    rates = {
        judge: {name: _rates(crowd, answers, worlds, mask, rng) for name, mask in masks.items()}
        for judge, answers in crowd.answers.items()
    }
    return {
        "exits": len(known.exits),
        "listedSystems": len(known.listed),
        "worlds": size.worlds,
        "rates": rates,
        "calibration": [_calibration(crowd, worlds, share, rng) for share in HIDDEN_SHARES],
        "patterns": _patterns(crowd),
        "riskCoverage": {
            judge: scores.risk_coverage(*_claims(crowd, answers, HIDDEN_SHARES[1]))
            for judge, answers in crowd.answers.items()
        },
    }


def simulate(atlas: Atlas, known: Known, size: Size, rng: np.random.Generator) -> Crowd:
    """Return the sessions of *size* worlds and everybody's answers to them."""
    crowd, space, noise_ms = Crowd(), Space(atlas), measured_noise_ms()
    for number in range(size.worlds):
        simulator = Simulator(atlas, space, known, Paths(World.draw(rng), rng, noise_ms))
        for case in Case:
            count = size.sessions * MANY.get(case, 1)
            crowd.sessions += simulator.sessions(case, count)
            crowd.worlds += [number] * count
    crowd.looked = baselines.look_up(atlas, crowd.sessions)
    crowd.answers = {
        baselines.ENGINE: baselines.judge(Engine(atlas), crowd.sessions),
        baselines.IP_ONLY: baselines.ip_only(crowd.looked),
        baselines.ZONE_RULE: baselines.zone_rule(crowd.looked),
        baselines.DELTA_RULE: baselines.delta_rule(crowd.sessions, crowd.looked),
    }
    return crowd


def _masks(crowd: Crowd, known: Known) -> dict[str, Array]:
    cases = np.array([session.case for session in crowd.sessions])
    masks = {str(case): cases == case for case in Case}
    if known.listed:
        unlisted = np.array([one.system not in known.listed for one in crowd.looked])
        for case in (Case.VPN_HONEST, Case.VPN_SPOOFED):
            masks[case + ON_NO_LIST] = masks[case] & unlisted
    return {name: mask for name, mask in masks.items() if mask.any()}


def _rates(
    crowd: Crowd, answers: Sequence[Answer], worlds: Array, mask: Array, rng: np.random.Generator
) -> Mapping[str, Any]:
    right = _right(crowd, answers)
    silent = np.array([answer.country is None for answer in answers])
    sure = np.array([answer.confidence > SURE for answer in answers])
    level = np.array([answer.alarm.level for answer in answers])
    hits = {
        "right": right,
        "wrong": ~right & ~silent,
        "silent": silent,
        "sureWrong": ~right & ~silent & sure,
        **{str(alarm): level >= alarm.level for alarm in list(Alarm)[1:]},
    }
    return {
        name: attrs.asdict(scores.rate(hit[mask], worlds[mask], rng)) for name, hit in hits.items()
    }


def _right(crowd: Crowd, answers: Sequence[Answer]) -> Array:
    pairs = zip(crowd.sessions, answers, strict=True)
    return np.array([session.country == answer.country for session, answer in pairs])


def _claims(crowd: Crowd, answers: Sequence[Answer], hidden: float) -> tuple[Array, Array, Array]:
    """Return confidence, whether it was right, and weight; of silence confidence is 0."""
    sure = np.array([a.confidence if a.country is not None else 0.0 for a in answers])
    return sure, _right(crowd, answers), _weights(crowd, hidden)


def _weights(crowd: Crowd, hidden: float) -> Array:
    """Return what each session counts when so many visitors hide; `TRAVELLER_STALE` counts 0."""
    cases = np.array([session.case for session in crowd.sessions])
    mix = {case: share * (1.0 - hidden) for case, share in OPEN_MIX.items()}
    mix |= {case: share * hidden for case, share in HIDDEN_MIX.items()}
    weights = np.zeros(len(cases))
    for case, share in mix.items():
        weights[cases == case] = share / max(int((cases == case).sum()), 1)
    return weights


def _calibration(
    crowd: Crowd, worlds: Array, hidden: float, rng: np.random.Generator
) -> dict[str, Any]:
    """Return the engine's calibration where it answers, with an interval over worlds."""
    sure, right, weight = _claims(crowd, crowd.answers[baselines.ENGINE], hidden)
    kept = (sure > 0) & (weight > 0)
    sure, right, weight, worlds = sure[kept], right[kept], weight[kept], worlds[kept]
    bins = scores.reliability(sure, right, weight)
    count = int(worlds.max()) + 1
    again = []
    for _ in range(CALIBRATION_RESAMPLES):
        times = np.bincount(rng.integers(count, size=count), minlength=count)[worlds]
        drawn = times > 0
        part = scores.reliability(sure[drawn], right[drawn], (weight * times)[drawn])
        again.append(scores.calibration_error(part))
    low, high = np.quantile(again, [scores.TAIL, 1.0 - scores.TAIL])
    return {
        "hidden": hidden,
        "ece": scores.calibration_error(bins),
        "low": float(low),
        "high": float(high),
        "bins": [attrs.asdict(one) for one in bins],
    }


def _patterns(crowd: Crowd) -> list[dict[str, Any]]:
    """Return the calibration of what looks alike: network × clock agrees × Δ."""
    sure, right, weight = _claims(crowd, crowd.answers[baselines.ENGINE], HIDDEN_SHARES[1])
    names = np.array(
        [
            f"{AsType(one.kind).name.lower() if one.kind >= 0 else 'unknown'}, "
            f"clock {'agrees' if one.zone_agrees else 'differs'}, "
            f"Δ {'small' if session.seen.delta_ms < SMALL_DELTA_MS else 'large'}"
            for session, one in zip(crowd.sessions, crowd.looked, strict=True)
        ]
    )
    kept = (sure > 0) & (weight > 0)
    found = []
    for name in sorted(set(names[kept])):
        mine = kept & (names == name)
        if mine.sum() >= LEAST_OF_PATTERN:
            bins = scores.reliability(sure[mine], right[mine], weight[mine])
            error = scores.calibration_error(bins)
            share = float(weight[mine].sum())
            found.append(
                {"pattern": str(name), "ece": error, "share": share, "count": int(mine.sum())}
            )
    return found
