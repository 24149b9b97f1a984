"""How sure the country is, and when to say none.

    confidence = min(r, max(0.9, 1 − 0.4 t)) · (1 − 0.02 · years)

r is fitted (`model.Calibration`): how often answers of the same pattern with the same posterior
were right, in a mix in which a tenth of the visitors hide. t is the probability of a tunnel or a
proxy whose exit some table puts into the very country that is answered: who hides well agrees with
the exit in everything, and how many do nobody knows, so nothing is sure there. Years are those
between the tables' date and the report beyond the first half, at most four: addresses change hands.
What tunnels and age cost is judgement.

No country below 0.5. With nothing but the prior the largest country stays far below that, so
silence about the unknown needs no rule of its own. Source: ours.
"""

import datetime as dt
from collections.abc import Sequence

import numpy as np

from octet.service.atlas.container import Array
from octet.service.engine.facts import Facts

TUNNEL_COST, TUNNEL_CAP = 0.4, 0.9
YEARLY_COST, FRESH_YEARS, MOST_YEARS = 0.02, 0.5, 4.0
SILENT_BELOW = 0.5
_LEAST = 1e-9
_MS_PER_YEAR = 365.25 * 24 * 3600 * 1000


def best_countries(country: Array) -> tuple[Array, Array]:
    """Return the row of each envelope's likeliest country, (B,), and the logit of its posterior."""
    best = np.argmax(country, axis=1)
    top = country[np.arange(len(best)), best]
    top = np.minimum(np.maximum(top, _LEAST), 1.0 - _LEAST)
    return best, np.asarray(np.log(top) - np.log1p(-top))


def confidences(right: Array, tunnel: Array, facts: Sequence[Facts], tables: dt.date) -> Array:
    """Return the confidence in each best country, (B,) in [0, 1].

    Args:
        right: (B,) how often such answers are right.
        tunnel: (B,) the probability of a tunnel or a proxy, 0 where no table puts its exit into the
            best country.
        facts: the same envelopes'.
        tables: the date of the tables.
    """
    years = _age_years([fact.received_at_ms for fact in facts], tables)
    cap = np.maximum(1.0 - TUNNEL_COST * tunnel, TUNNEL_CAP)
    return np.asarray(np.minimum(right, cap) * (1.0 - YEARLY_COST * years))


def _age_years(received_at_ms: Sequence[int], tables: dt.date) -> Array:
    start = dt.datetime(tables.year, tables.month, tables.day, tzinfo=dt.UTC)
    age_ms = np.array(received_at_ms, dtype=np.float64) - start.timestamp() * 1000.0
    years = age_ms / _MS_PER_YEAR - FRESH_YEARS
    return np.asarray(np.minimum(np.maximum(years, 0.0), MOST_YEARS))
