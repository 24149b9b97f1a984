"""Alarms at a common rate of false ones, or of those found, and how often an alarm is true."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from benchmarks.accuracy.answers import Answers, Judged
from benchmarks.accuracy.crowd import Crowd
from benchmarks.accuracy.mixes import OPEN_MIX, TO_ALARM, USUAL_MIX, weights
from benchmarks.accuracy.sessions import Case
from octet.schema.verdict import Alarm
from octet.service.atlas.container import Array

LEVELS: Final = tuple(str(alarm) for alarm in list(Alarm)[1:])
FALSE_ALARMS: Final = {"at5": 0.05, "at1": 0.01, "at01": 0.001}
"""Of visitors at home, travelling and roaming."""
AS_FOUND: Final = "AsFound"
"""After a level: a rule's alarms when it finds as many of those who hide as the engine there."""
PLAIN_FALSE_ALARMS: Final = {"at1Plain": 0.01, "at01Plain": 0.001}
"""Of those whose access ends no TCP."""
BASE_RATES: Final = (0.01, 0.05, 0.2)
CURVE: Final = np.concatenate([[0.0], np.geomspace(1e-4, 1.0, 41)])
DRAWN: Final = (
    Case.VPN_HONEST,
    Case.VPN_SPOOFED,
    Case.VPN_HOME,
    Case.PROXY_ABROAD,
    Case.PROXY_HOME,
    Case.TOR,
)


def at_rate(score: Array, weight: Array, rate: float) -> Array:
    """Return how likely each alarms, (N,), when so many of those with a weight are to.

    Above the threshold all do; of those on it so large a part that the rate comes out.
    """
    order = np.argsort(-score, kind="stable")
    reached = np.cumsum(weight[order]) / weight.sum()
    at = min(int(np.searchsorted(reached, rate - 1e-12)), len(order) - 1)
    threshold = score[order[at]]
    above, level = score > threshold, score == threshold
    missing = rate - float(weight[above].sum() / weight.sum())
    part = min(max(missing / max(float(weight[level].sum() / weight.sum()), 1e-12), 0.0), 1.0)
    return np.asarray(above + part * level, dtype=np.float64)


def found(crowd: Crowd, answers: Answers) -> dict[str, Array]:
    """Return how likely each session alarms, (N,), by level and by rate of false alarms.

    A rule without thresholds of its own has, at each level, the engine's rate of false alarms, and
    besides it that of what is found.
    """
    weight, hidden = weights(crowd.case, USUAL_MIX), weights(crowd.case, TO_ALARM)
    alarmed: dict[str, Array] = {}
    for level, name in enumerate(LEVELS, start=1):
        if isinstance(answers, Judged):
            alarmed[name] = (answers.level >= level).astype(np.float64)
        else:
            engine = crowd.engine.level >= level
            for number, among in ((name, weight), (name + AS_FOUND, hidden)):
                rate = float(np.average(engine, weights=among))
                alarmed[number] = at_rate(answers.score, among, rate)
    for name, rate in FALSE_ALARMS.items():
        alarmed[name] = at_rate(answers.score, weight, rate)
    for name, rate in PLAIN_FALSE_ALARMS.items():
        alarmed[name] = at_rate(answers.score, weight * crowd.plain, rate)
    return alarmed


def false_alarms(crowd: Crowd, alarmed: dict[str, Array]) -> dict[str, float]:
    """Return the rate of false alarms by level: of visitors at home, travelling and roaming."""
    weight = weights(crowd.case, USUAL_MIX)
    return {name: float(np.average(alarmed[name], weights=weight)) for name in LEVELS}


def true_alarms(crowd: Crowd, alarmed: dict[str, Array]) -> list[dict[str, Any]]:
    """Return how many alarms are true, by level and base rate; the least of any world beside."""
    rows = []
    for name in LEVELS:
        share = {base: _share(crowd, alarmed[name], base) for base in BASE_RATES}
        worlds = [
            {base: _share(crowd, alarmed[name], base, crowd.world == world) for base in BASE_RATES}
            for world in np.unique(crowd.world)
        ]
        rows += [
            {
                "level": name,
                "base": base,
                "share": share[base],
                "worst": min(one[base] for one in worlds),
            }
            for base in BASE_RATES
        ]
    return rows


def _share(crowd: Crowd, alarmed: Array, base: float, among: Array | None = None) -> float:
    """Return P(hides | alarm)."""
    among = np.ones(len(alarmed), dtype=bool) if among is None else among
    hidden = weights(crowd.case[among], TO_ALARM)
    opened = weights(crowd.case[among], OPEN_MIX)
    true = base * float(np.average(alarmed[among], weights=hidden))
    false = (1.0 - base) * float(np.average(alarmed[among], weights=opened))
    return true / (true + false) if true + false else 1.0


def curves(crowd: Crowd) -> dict[str, dict[str, Sequence[float]]]:
    """Return what each finds of a class at the rates of false alarms of `CURVE`."""
    weight = weights(crowd.case, USUAL_MIX)
    found: dict[str, dict[str, Sequence[float]]] = {}
    for name, answers in crowd.everybody.items():
        alarmed = [at_rate(answers.score, weight, float(rate)) for rate in CURVE]
        found[name] = {
            str(case): [float(one[crowd.case == case].mean()) for one in alarmed] for case in DRAWN
        }
    return found
