"""How sure the engine is, beside how often it is right."""

from collections.abc import Mapping
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
    drawn = [
        scores.calibration_error(
            scores.reliability(*_some(sure, right, weight * again.times(number)))
        )
        for number in range(RESAMPLES)
    ]
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
        "ece": scores.calibration_error(scores.reliability(*_some(sure, right, answered))),
        "wrong": float(np.average(~right & (sure > 0), weights=weight)),
        "silent": float(np.average(sure == 0, weights=weight)),
        "sureWrong": float(np.average(~right & (sure > 0.9), weights=weight)),  # noqa: PLR2004
        "logLoss": scores.log_loss(sure, right, answered),
        "brier": scores.brier(sure, right, answered),
    }


def patterns(crowd: Crowd, hidden: float, least: int = LEAST_OF_PATTERN) -> list[dict[str, Any]]:
    """Return the calibration of what looks alike: network × clock agrees × Δ.

    Of each pattern of which so many sessions are answered.
    """
    sure, right = claims(crowd, crowd.engine)
    weight = mixed(crowd.case, hidden)
    kept = (sure > 0) & (weight > 0)
    found = []
    for name in np.unique(crowd.pattern[kept]):
        mine = kept & (crowd.pattern == name)
        if mine.sum() < least:
            continue
        bins = scores.reliability(sure[mine], right[mine], weight[mine])
        found.append(
            {
                "pattern": str(name),
                "ece": scores.calibration_error(bins),
                "claimed": float(np.average(sure[mine], weights=weight[mine])),
                "right": float(np.average(right[mine], weights=weight[mine])),
                "share": float(weight[mine].sum()),
                "count": int(mine.sum()),
            }
        )
    return found


def curves(crowd: Crowd, hidden: float) -> dict[str, list[tuple[float, float]]]:
    """Return risk over coverage of everybody, at one share of hidden visitors."""
    weight = mixed(crowd.case, hidden)
    found = {}
    for name, answers in crowd.everybody.items():
        sure, right = claims(crowd, answers)
        found[name] = scores.risk_coverage(sure, right, weight)
    return found
