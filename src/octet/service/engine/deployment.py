"""What one envelope says of the edge that sent it: whether that is deployed wrongly.

One visitor proves nothing; an operator sees it in the mean over an edge's visitors, and no customer
sees it at all (`octet.service.metrics`).

    fronted     P(s = fronted | z): a proxy of the edge's own that it was not told of
    misplaced   P(the edge stands elsewhere | z) ≈ Σ_c P(c | z) P(κ or long | r, direct from c):
                nearer than light allows, or far too late; a visitor's own queue is late, too, but
                not everybody's. Of an edge that alone timed the visitor
    clock       whether the browser's clock and the edge's differ by more than five minutes

Source: ours.
"""

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from octet.service.atlas.container import Array
from octet.service.engine.facts import Facts
from octet.service.engine.hypotheses import Transport
from octet.service.engine.posterior import Posterior

CLOCK_MS = 5 * 60 * 1000.0
"""Clocks that are set by themselves differ by less."""


@frozen
class EdgeDoubt:
    """How likely each fault is, by one visitor; None where the envelope cannot tell."""

    fronted: float
    misplaced: float | None = None
    clock: float | None = None

    @property
    def by_fault(self) -> dict[str, float]:
        """What can be told, by the fault's name."""
        every = {"fronted": self.fronted, "misplaced": self.misplaced, "clock": self.clock}
        return {fault: chance for fault, chance in every.items() if chance is not None}


FAULTS = ("fronted", "misplaced", "clock")


def doubts(facts: Sequence[Facts], posterior: Posterior, misplaced: Array) -> list[EdgeDoubt]:
    """Return what each envelope says of its edge.

    Args:
        facts: B of them.
        posterior: what is believed of them.
        misplaced: (B, C) how unusual each delay is for a direct path, `Delay.misplaced`.
    """
    fronted = posterior.manner[:, Transport.FRONTED].sum(axis=1)
    elsewhere = (posterior.country * misplaced).sum(axis=1)
    return [
        EdgeDoubt(
            fronted=float(fronted[row]),
            misplaced=float(elsewhere[row]) if _alone(fact) else None,
            clock=_clock(fact),
        )
        for row, fact in enumerate(facts)
    ]


def _alone(fact: Facts) -> bool:
    return len(fact.landmarks) == 1 and fact.landmarks[0].kernel_ms is not None


def _clock(fact: Facts) -> float | None:
    if fact.clock_ahead_ms is None:
        return None
    return float(np.abs(fact.clock_ahead_ms) > CLOCK_MS)
