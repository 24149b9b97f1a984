"""How sure the country is, and when to say none.

    logit q = logit(max_c P(c | z)) / T,  T = 1.15
    confidence = 0.985 q · (1 − 0.15 √m) · (1 − 0.05 · years)

T flattens what families that repeat each other sharpen; 0.985 is for what no hypothesis describes.
m is the alarm's: where settings may be forged the answer rests on the part of the model that is
known least. Years are those between the tables' date and the report, at most four: addresses change
hands.

No country below 0.5. With nothing but the prior the largest country stays far below that, so
silence about the unknown needs no rule of its own.

Provisional until calibration is fitted. Source: ours.
"""

import datetime as dt
from collections.abc import Sequence

import numpy as np

from octet.service.atlas.container import Array
from octet.service.engine.facts import Facts

TEMPERATURE = 1.15
DESCRIBED = 0.985
SUSPICION_COST = 0.15
YEARLY_COST, MOST_YEARS = 0.05, 4.0
SILENT_BELOW = 0.5
_LEAST = 1e-9
_MS_PER_YEAR = 365.25 * 24 * 3600 * 1000


def confidences(
    country: Array, suspicion: Array, facts: Sequence[Facts], tables: dt.date
) -> tuple[Array, Array]:
    """Return the best country's row and the confidence in it.

    Args:
        country: (B, C) P(c | z).
        suspicion: (B,) m.
        facts: the same envelopes'.
        tables: the date of the tables.

    Returns:
        (B,) rows and (B,) confidences in [0, 1].
    """
    best = np.argmax(country, axis=1)
    top = np.clip(country[np.arange(len(best)), best], _LEAST, 1.0 - _LEAST)
    odds = (top / (1.0 - top)) ** (1.0 / TEMPERATURE)
    top = DESCRIBED * odds / (1.0 + odds)
    years = _age_years([fact.received_at_ms for fact in facts], tables)
    sure = top * (1.0 - SUSPICION_COST * np.sqrt(suspicion)) * (1.0 - YEARLY_COST * years)
    return best, np.clip(sure, 0.0, 1.0)


def _age_years(received_at_ms: Sequence[int], tables: dt.date) -> Array:
    start = dt.datetime(tables.year, tables.month, tables.day, tzinfo=dt.UTC)
    age_ms = np.array(received_at_ms, dtype=np.float64) - start.timestamp() * 1000.0
    return np.clip(age_ms / _MS_PER_YEAR, 0.0, MOST_YEARS)
