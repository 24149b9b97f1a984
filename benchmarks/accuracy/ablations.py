"""The engine with less evidence, and with better: which of it a goal lacks.

Every variant judges the same sessions, drawn once with everything: five landmarks, IPv6, a
browser's own delay apart from the path's. What a variant leaves out is not sent; what it betters is
sent as no edge and no table could know it.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from attrs import frozen

from benchmarks.accuracy import calibration, scores
from benchmarks.accuracy.alarms import at_rate
from benchmarks.accuracy.answers import judge
from benchmarks.accuracy.baselines import look_up
from benchmarks.accuracy.calibration import claims
from benchmarks.accuracy.crowd import Crowd, Size, draw
from benchmarks.accuracy.envelopes import WHOLE, View, envelope
from benchmarks.accuracy.exits import Known as KnownExits
from benchmarks.accuracy.mixes import HIDDEN_SHARES, USUAL_MIX, mixed, weights
from benchmarks.accuracy.tables import Known, with_tables
from octet.schema import Mode
from octet.service.atlas import Atlas

AS_IT_IS: Final = "as it is"
SURE: Final = 0.9
LEAST_OF_PATTERN: Final = 60


@frozen
class Variant:
    """What is sent, and what the tables know."""

    view: View = WHOLE
    votes: Known = Known.AS_IT_IS
    kinds: Known = Known.AS_IT_IS


WITHOUT: Final = {
    "no country of the address": Variant(votes=Known.NOTHING),
    "no kind of network": Variant(kinds=Known.NOTHING),
    "no time zone": Variant(View(zone=False)),
    "no languages": Variant(View(languages=False)),
    "no Δ": Variant(View(channel=False)),
    "no delay of the path": Variant(View(placed=False)),
    "no SYN, HTTP, machine": Variant(View(stack=False)),
}
"""One family of evidence left out."""

BETTER: Final = {
    "a perfect list of exits": Variant(kinds=Known.EVERYTHING),
    "a perfect country of the address": Variant(votes=Known.EVERYTHING),
    "both": Variant(votes=Known.EVERYTHING, kinds=Known.EVERYTHING),
    "a Δ without noise": Variant(View(quiet=True)),
    "three landmarks": Variant(View(landmarks=3)),
    "five landmarks": Variant(View(landmarks=5)),
    "all of these": Variant(
        View(quiet=True, landmarks=5), votes=Known.EVERYTHING, kinds=Known.EVERYTHING
    ),
}
"""What no deployment has, or few have."""

OTHERWISE: Final = {
    "IPv6": Variant(View(ipv6=True)),
    "passive mode": Variant(View(channel=False, mode=Mode.PASSIVE)),
    "behind a declared proxy": Variant(View(kernel=False, stack=False)),
    "no time zone, no languages": Variant(View(zone=False, languages=False)),
}
"""What happens."""

VARIANTS: Final = {AS_IT_IS: Variant()} | WITHOUT | BETTER | OTHERWISE


def measure(
    atlas: Atlas, known: KnownExits, size: Size, rng: np.random.Generator
) -> dict[str, dict[str, Any]]:
    """Return the numbers of every class, and the calibration, of every variant."""
    sessions, world = draw(atlas, known, size, rng, thorough=True)
    looked = look_up(atlas, sessions)
    countries = [session.country for session in sessions]
    found = {}
    for name, variant in VARIANTS.items():
        tables = with_tables(atlas, sessions, variant.votes, variant.kinds)
        shown = [envelope(one.seen, number, variant.view) for number, one in enumerate(sessions)]
        answers = judge(tables, shown, countries)
        found[name] = _numbers(Crowd(sessions, world, looked, known, answers, {}))
    return found


def _numbers(crowd: Crowd) -> dict[str, Any]:
    answers = crowd.engine
    sure, right = claims(crowd, answers)
    opened = weights(crowd.case, USUAL_MIX)
    hits = {
        "right": right,
        "wrong": ~right & (sure > 0),
        "silent": sure == 0,
        "sureWrong": ~right & (sure > SURE),
        "low": answers.level >= 1,
        "medium": answers.level >= 2,  # noqa: PLR2004 - of `Alarm`
        "high": answers.level >= 3,  # noqa: PLR2004 - of `Alarm`
        "at1": at_rate(answers.score, opened, 0.01),
        "at1Plain": at_rate(answers.score, opened * crowd.plain, 0.01),
        "at01Plain": at_rate(answers.score, opened * crowd.plain, 0.001),
    }
    rates: Mapping[str, Mapping[str, float]] = {
        case: {name: float(hit[mask].mean()) for name, hit in hits.items()}
        for case, mask in crowd.masks.items()
    }
    weight = mixed(crowd.case, HIDDEN_SHARES[1]) * (sure > 0)
    kept = weight > 0
    bins = scores.reliability(sure[kept], right[kept], weight[kept]) if kept.any() else []
    return {
        "rates": rates,
        "ece": scores.calibration_error(bins),
        "patterns": calibration.pattern_errors(crowd, HIDDEN_SHARES[1], LEAST_OF_PATTERN),
    }
