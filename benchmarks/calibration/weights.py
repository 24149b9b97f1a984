"""``python -m benchmarks.calibration.weights``: how much each family of evidence should count.

Evidence repeats itself: three databases copy from each other, a traveller's clock and languages
come from one home. So families have weights of at most 1, by judgement, in their own modules under
`octet.service.engine.likelihoods`. Here one family at a time counts less or more, in the worlds
that the model is fitted in and never in those that it is tested in; what is measured is the log
loss of the true country, and of whether somebody hides.
"""

import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs
import numpy as np

from benchmarks.accuracy import part
from benchmarks.accuracy.mixes import TO_ALARM
from benchmarks.accuracy.part import Options
from benchmarks.calibration.crowd import HIDDEN, drawn, sent, shares
from octet.schema import Envelope
from octet.service.atlas import Atlas
from octet.service.atlas.container import Array
from octet.service.engine import Engine
from octet.service.engine.evidence import Evidence
from octet.service.engine.posterior import Posterior, combine

FACTORS: Final = (0.5, 0.75, 1.0, 1.25)
WORLDS, SESSIONS, QUICK = 12, 20, (1, 2)
AT_ONCE: Final = 16
_LEAST: Final = 1e-12


def measure(atlas: Atlas, options: Options) -> dict[str, Any]:
    """Return the log losses, nats a session, of each family at each factor."""
    rng = np.random.default_rng(options.seed)
    worlds, sessions = QUICK if options.quick else (WORLDS, SESSIONS)
    found = list(drawn(atlas, rng, worlds, sessions))
    cases = np.array([session.case for _, session, _ in found])
    share = shares(cases, np.array([number for number, _, _ in found]), HIDDEN, rng)
    kept = np.flatnonzero(share)
    true = np.array([atlas.country_row[session.country] for _, session, _ in found])[kept]
    hides = np.isin(cases, list(TO_ALARM))[kept]
    nats = _nats(Engine(atlas), [sent(*found[row][1:]) for row in kept], true, hides)
    mean = {
        family: [np.average(row, axis=0, weights=share[kept]).tolist() for row in table]
        for family, table in nats.items()
    }
    return {
        "factors": list(FACTORS),
        "sessions": len(kept),
        "worlds": worlds,
        "families": [
            {
                "family": family,
                "country": [country for country, _ in row],
                "hides": [hidden for _, hidden in row],
            }
            for family, row in mean.items()
        ],
    }


def _nats(
    engine: Engine, envelopes: Sequence[Envelope], true: Array, hides: Array
) -> Mapping[str, Array]:
    """Return what each session costs, (factors, N, 2), by family."""
    tables: dict[str, list[Array]] = {}
    for at in range(0, len(envelopes), AT_ONCE):
        found = engine.reason(envelopes[at : at + AT_ONCE])
        truth = true[at : at + AT_ONCE], hides[at : at + AT_ONCE]
        for row, one in enumerate(found.evidence):
            rest = [*found.evidence[:row], *found.evidence[row + 1 :]]
            changed = [[*rest, _times(one, factor)] for factor in FACTORS]
            believed = [combine(found.hypotheses, found.log_exit, some) for some in changed]
            costs = np.stack([_costs(posterior, *truth) for posterior in believed])
            tables.setdefault(one.family, []).append(costs)
    return {family: np.concatenate(parts, axis=1) for family, parts in tables.items()}


def _times(evidence: Evidence, factor: float) -> Evidence:
    """Return evidence that counts by so much."""
    return attrs.evolve(
        evidence,
        manner=evidence.manner * factor,
        path=evidence.path * np.float32(factor),
        settings=evidence.settings * factor,
        follows=evidence.follows * factor,
    )


def _costs(posterior: Posterior, true: Array, hides: Array) -> Array:
    """Return −log P of the true country and of whether somebody hides, (B, 2)."""
    country = posterior.country[np.arange(len(true)), true]
    hidden = np.where(hides, posterior.suspicion, 1.0 - posterior.suspicion)
    return -np.log(np.stack([country, hidden], axis=1) + _LEAST)


if __name__ == "__main__":
    sys.exit(part.run("accuracy-weights", measure))
