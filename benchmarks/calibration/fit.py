"""From sessions to a model.

The thresholds are the least odds of suspicion above which no honest class alarms more often than it
may. Of each pattern a logistic regression of "the best country is right" gives a line, which is
drawn towards that of its outline where sessions are few, as that is towards everybody's. An
isotonic regression of the same on what the lines say, everything together, gives the table.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from benchmarks.accuracy.sessions import Case
from benchmarks.calibration.crowd import Crowd
from octet.service.atlas.container import Array
from octet.service.engine.model import Calibration, Model, Thresholds
from octet.service.engine.pattern import DETAILS, NAMES, OUTLINES, outline_of

HONEST: Final = (Case.DIRECT, Case.TRAVELLER, Case.ROAMING, Case.RELAY)
FALSE_ALARMS: Final = {"low": 0.05, "medium": 0.01, "high": 0.001}
USED: Final = {"low": 0.7, "medium": 0.7, "high": 0.2}
"""Of the false alarms allowed so much is used: the rest is for worlds that were not drawn, and for
the few sessions that the rarest are counted by."""

STIFFNESS: Final = 0.5
"""Sessions' worth of belief that a pattern's line is everybody's."""
LEAST_SLOPE: Final = 0.05
MOST_SLOPE: Final = 2.0
"""Where all are right above some posterior the slope would grow for ever."""
MOST_LOGIT: Final = 9.0
UNSEEN: Final = (-9.0, -6.0, -4.0, -3.0, -2.0, -1.0)
STEPS: Final = 30
KNOTS: Final = 30
MOST_RIGHT: Final = 0.9995
"""What no hypothesis describes happens to somebody: no answer claims more. Judgement."""


def fit(crowd: Crowd, version: str) -> Model:
    """Return the model that suits the crowd."""
    return Model(version, fit_thresholds(crowd), fit_calibration(crowd))


def fit_thresholds(crowd: Crowd) -> Thresholds:
    """Return the thresholds that every honest class bears."""

    def bearable(level: str, candidates: Array) -> float:
        allowed = USED[level] * FALSE_ALARMS[level]
        odds = np.where(candidates, crowd.suspicion, -np.inf)
        return max(
            float(np.quantile(odds[crowd.case == case], 1.0 - allowed, method="higher"))
            for case in HONEST
        )

    anybody = np.ones(len(crowd.case), dtype=bool)
    medium = bearable("medium", anybody)
    return Thresholds(
        low=round(min(bearable("low", anybody), medium), 3),
        medium=round(medium, 3),
        high=round(max(bearable("high", crowd.supported), medium), 3),
    )


def fit_calibration(crowd: Crowd) -> Calibration:
    """Return how often answers of each pattern are right."""
    logit = np.clip(crowd.logit, -MOST_LOGIT, MOST_LOGIT)
    usual = logistic(logit, crowd.right, crowd.share, (0.0, 1.0), 0.0)
    outline = outline_of(crowd.pattern)
    outlines = np.tile(usual, (len(OUTLINES), 1))
    for row in np.unique(outline):
        outlines[row] = _line(crowd, logit, outline == row, usual)
    lines = np.repeat(outlines, len(DETAILS), axis=0)
    for row in np.unique(crowd.pattern):
        lines[row] = _line(crowd, logit, crowd.pattern == row, outlines[int(outline_of(row))])
    offset, slope = lines[crowd.pattern].T
    claimed, right = _anchored(*isotonic(offset + slope * logit, crowd.right, crowd.share))
    seen = np.unique(crowd.pattern)
    return Calibration(
        by_pattern={NAMES[row]: _rounded(lines[row]) for row in seen},
        usual=_rounded(np.array(usual)),
        claimed=tuple(round(float(z), 3) for z in claimed),
        right=tuple(round(float(min(share, MOST_RIGHT)), 4) for share in right),
    )


def _anchored(claimed: Array, right: Array) -> tuple[Array, Array]:
    """Return the table with what the lines themselves say below all that was seen."""
    z = np.array([at for at in UNSEEN if at < claimed[0]])
    below = np.minimum(1.0 / (1.0 + np.exp(-z)), right[0])
    return np.concatenate([z, claimed]), np.concatenate([below, right])


def _line(crowd: Crowd, logit: Array, mine: Array, towards: Sequence[float]) -> Sequence[float]:
    weight = crowd.share[mine]
    if weight.sum() == 0:
        return towards
    # As many sessions of one weight would know as much.
    weight = weight * weight.sum() / (weight**2).sum()
    return logistic(logit[mine], crowd.right[mine], weight, towards, STIFFNESS)


def logistic(
    x: Array, right: Array, weight: Array, towards: Sequence[float], stiffness: float
) -> tuple[float, float]:
    """Return offset and slope by Newton's method, drawn *towards* a line; the slope is positive."""
    line = np.array(towards, dtype=np.float64)
    prior = line.copy()
    scale = weight / weight.sum() if stiffness == 0.0 else weight
    design = np.stack([np.ones_like(x), x], axis=1)
    for _ in range(STEPS):
        share = 1.0 / (1.0 + np.exp(-np.clip(design @ line, -30.0, 30.0)))
        slope = design.T @ (scale * (share - right)) + stiffness * (line - prior)
        curve = (design.T * (scale * share * (1.0 - share))) @ design
        line -= np.linalg.solve(curve + (stiffness + 1e-6) * np.eye(2), slope)
        line[1] = min(max(line[1], LEAST_SLOPE), MOST_SLOPE)
    return float(line[0]), float(line[1])


def isotonic(z: Array, right: Array, weight: Array) -> tuple[Array, Array]:
    """Return rising knots and rising shares: pool adjacent violators over bins of equal weight."""
    order = np.argsort(z, kind="stable")
    z, right, weight = z[order], right[order].astype(np.float64), weight[order]
    reached = np.cumsum(weight) / weight.sum()
    # Bins grow finer towards those that are surest, where most are.
    ends = 1.0 - np.geomspace(1.0, 1e-2, KNOTS)[1:-1]
    at = np.unique(np.concatenate([np.linspace(0.0, 0.1, KNOTS // 2)[1:], ends]))
    number = np.searchsorted(at, reached, side="left")
    blocks: list[tuple[float, float, float]] = []
    for bin_ in np.unique(number):
        mine = (number == bin_) & (weight > 0)
        if not mine.any():
            continue
        w = float(weight[mine].sum())
        blocks.append(
            (
                float(np.average(z[mine], weights=weight[mine])),
                float(np.average(right[mine], weights=weight[mine])),
                w,
            )
        )
        while len(blocks) > 1 and blocks[-2][1] >= blocks[-1][1]:
            (z1, s1, w1), (z2, s2, w2) = blocks[-2:]
            whole = w1 + w2
            joined = ((z1 * w1 + z2 * w2) / whole, (s1 * w1 + s2 * w2) / whole, whole)
            blocks[-2:] = [joined]
    return np.array([b[0] for b in blocks]), np.array([b[1] for b in blocks])


def _rounded(line: Array | Sequence[float]) -> tuple[float, float]:
    return round(float(line[0]), 3), round(float(line[1]), 3)
