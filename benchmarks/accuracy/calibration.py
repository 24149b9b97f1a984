"""How sure the engine is, beside how often it is right."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs
import numpy as np

from benchmarks.accuracy import scores
from benchmarks.accuracy.answers import Answers
from benchmarks.accuracy.crowd import Crowd
from benchmarks.accuracy.mixes import HIDDEN_SHARES, POPULARITY, mixed
from benchmarks.accuracy.scores import Bootstrap
from octet.service.atlas.container import Array

LEAST_OF_PATTERN: Final = 200
RESAMPLES: Final = 100


def claims(crowd: Crowd, answers: Answers) -> tuple[Array, Array]:
    """Return confidence, 0 of silence, and whether it was right, (N,) each."""
    silent = np.array([country is None for country in answers.country])
    return np.where(silent, 0.0, answers.confidence), crowd.right(answers)


def by_share(crowd: Crowd, again: Bootstrap) -> list[dict[str, Any]]:
    """Return the engine's calibration where it answers, for each share of hidden visitors."""
    return [_one(crowd, hidden, again) for hidden in HIDDEN_SHARES]


def _one(crowd: Crowd, hidden: float, again: Bootstrap) -> dict[str, Any]:
    sure, right = claims(crowd, crowd.engine)
    weight = mixed(crowd.case, hidden) * (sure > 0)
    bins = scores.reliability(*_some(sure, right, weight))
    drawn = [_error(sure, right, weight * again.times(number)) for number in range(RESAMPLES)]
    low, high = np.quantile(drawn, [scores.TAIL, 1.0 - scores.TAIL])
    return {
        "hidden": hidden,
        "ece": scores.calibration_error(bins),
        "low": float(low),
        "high": float(high),
        "bins": [attrs.asdict(one) for one in bins],
    }


def _some(sure: Array, right: Array, weight: Array) -> tuple[Array, Array, Array]:
    kept = weight > 0
    return sure[kept], right[kept], weight[kept]


def sweep(crowd: Crowd) -> list[dict[str, Any]]:
    """Return what becomes of the engine as more or fewer visitors hide, over all and at worst."""
    rows = []
    for hidden in POPULARITY:
        everywhere = _numbers(crowd, hidden, np.ones(len(crowd.world), dtype=bool))
        worlds = [_numbers(crowd, hidden, crowd.world == world) for world in np.unique(crowd.world)]
        worst = {name: max(one[name] for one in worlds) for name in everywhere}
        rows.append({"hidden": hidden, "mean": everywhere, "worst": worst})
    return rows


def _numbers(crowd: Crowd, hidden: float, among: Array) -> Mapping[str, float]:
    sure, right = (part[among] for part in claims(crowd, crowd.engine))
    weight = mixed(crowd.case[among], hidden)
    answered = weight * (sure > 0)
    return {
        "ece": _error(sure, right, answered),
        "wrong": float(np.average(~right & (sure > 0), weights=weight)),
        "silent": float(np.average(sure == 0, weights=weight)),
        "sureWrong": float(np.average(~right & (sure > 0.9), weights=weight)),  # noqa: PLR2004
        "logLoss": scores.log_loss(sure, right, answered),
        "brier": scores.brier(sure, right, answered),
    }


def patterns(
    crowd: Crowd, hidden: float, again: Bootstrap, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Return the calibration of what looks alike: network × clock agrees × Δ.

    Of each pattern of which `LEAST_OF_PATTERN` sessions are answered; the error with its interval,
    and what it would be by chance alone: on the mean, and in all but one of forty draws.
    """
    sure, right = claims(crowd, crowd.engine)
    weight = mixed(crowd.case, hidden)
    found = []
    for name, mine in _alike(crowd, weight * (sure > 0), LEAST_OF_PATTERN):
        said, came, counts = sure[mine], right[mine], weight[mine]
        drawn = [_error(said, came, counts * again.times(n)[mine]) for n in range(RESAMPLES)]
        chance = [_error(said, rng.random(len(said)) < said, counts) for _ in range(RESAMPLES)]
        found.append(
            {
                "pattern": name,
                "ece": _error(said, came, counts),
                "low": float(np.quantile(drawn, scores.TAIL)),
                "high": float(np.quantile(drawn, 1.0 - scores.TAIL)),
                "byChance": float(np.mean(chance)),
                "byChanceHigh": float(np.quantile(chance, 1.0 - scores.TAIL)),
                "claimed": float(np.average(said, weights=counts)),
                "right": float(np.average(came, weights=counts)),
                "share": float(counts.sum()),
                "count": len(said),
            }
        )
    return found


def pattern_errors(crowd: Crowd, hidden: float, least: int) -> dict[str, float]:
    """Return the calibration error of each pattern of which *least* sessions are answered."""
    sure, right = claims(crowd, crowd.engine)
    weight = mixed(crowd.case, hidden)
    return {
        name: _error(sure[mine], right[mine], weight[mine])
        for name, mine in _alike(crowd, weight * (sure > 0), least)
    }


def _alike(crowd: Crowd, weight: Array, least: int) -> Iterator[tuple[str, Array]]:
    """Yield each pattern, and which sessions are of it and count."""
    for name in np.unique(crowd.pattern[weight > 0]):
        mine = (weight > 0) & (crowd.pattern == name)
        if mine.sum() >= least:
            yield str(name), mine


def _error(sure: Array, right: Array, weight: Array) -> float:
    """Return the expected calibration error, 0 where nothing counts."""
    kept = weight > 0
    if not kept.any():
        return 0.0
    return scores.calibration_error(scores.reliability(sure[kept], right[kept], weight[kept]))


def curves(crowd: Crowd, hidden: float) -> dict[str, list[tuple[float, float]]]:
    """Return risk over coverage of everybody, at one share of hidden visitors."""
    weight = mixed(crowd.case, hidden)
    found = {}
    for name, answers in crowd.everybody.items():
        sure, right = claims(crowd, answers)
        found[name] = scores.risk_coverage(sure, right, weight)
    return found
