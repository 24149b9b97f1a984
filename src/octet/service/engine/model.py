"""What was fitted offline: when to alarm, and how often answers of a kind are right.

A verdict is a pure function of envelope, atlas and model. The model that serves is `fitted.FITTED`,
written by ``make fit``.
"""

from collections.abc import Mapping
from functools import cached_property

import numpy as np
from attrs import define, frozen

from octet.service.atlas.container import Array
from octet.service.engine.pattern import NAMES


@frozen
class Thresholds:
    """The log odds of suspicion, ln m / (1 − m), from which each level alarms."""

    low: float
    medium: float
    high: float

    @property
    def rising(self) -> tuple[float, float, float]:
        """All three, lowest first."""
        return self.low, self.medium, self.high


@define(slots=False, frozen=True)
class Calibration:
    """How often the best country is right, by what its posterior says.

        z = offset + slope · logit max_c P(c | z)     of the envelope's pattern
        P(right) = a rising table of z

    so that within a pattern a surer posterior never gives a less sure answer.
    """

    by_pattern: Mapping[str, tuple[float, float]]
    """Offset and slope, nats; the slope is positive. A pattern of no name here has `usual`."""
    usual: tuple[float, float]
    """Offset and slope of everything together."""
    claimed: tuple[float, ...]
    """Rising z, nats."""
    right: tuple[float, ...]
    """Rising shares of answers that are right there; between them the line, beyond them the end."""

    def right_share(self, logit: Array, pattern: Array) -> Array:
        """Return how often such answers are right, (B,).

        Args:
            logit: (B,) of the best country's posterior.
            pattern: (B,) rows of `NAMES`.
        """
        offset, slope = self._lines[pattern].T
        return np.asarray(np.interp(offset + slope * logit, self.claimed, self.right))

    @cached_property
    def _lines(self) -> Array:
        return np.array([self.by_pattern.get(name, self.usual) for name in NAMES])


@frozen
class Model:
    """One fit."""

    version: str
    thresholds: Thresholds
    calibration: Calibration
