"""Edges that are deployed wrongly: everybody's session looks odd, and nobody is to blame."""

from typing import Final

import attrs
import numpy as np

from benchmarks.accuracy.envelopes import Seen, Timed
from benchmarks.accuracy.machines import Sender, syn
from benchmarks.accuracy.paths import Paths, Point

BALANCERS: Final = ("10.0.0.7", "172.16.4.2", "192.168.1.10", "52.58.10.20", "34.141.20.30")
"""Private addresses, and two of clouds: a load balancer is not always inside."""
NEAR_MS: Final = (0.1, 1.5)
LEAVES_HEADER: Final = 0.8
WRONG_CLOCKS_MS: Final = (-86_400_000, -3_600_000, 3_600_000, 7_200_000, 400 * 86_400_000)


def fronted(seen: Seen, paths: Paths) -> Seen:
    """Return the session as an edge sees it that takes a proxy of its own for every visitor."""
    rng = paths.rng
    balancer = BALANCERS[int(rng.integers(len(BALANCERS)))]
    near_ms = float(rng.uniform(*NEAR_MS))
    first = seen.landmarks[0]
    behind = attrs.evolve(first, kernel_ms=near_ms)
    return attrs.evolve(
        seen,
        address=balancer,
        address6=None,
        peer=balancer,
        forwarded=bool(rng.random() < LEAVES_HEADER),
        gap_ms=seen.gap_ms + first.kernel_ms,
        landmarks=(behind, *(_also(one, near_ms) for one in seen.landmarks[1:])),
        syn=syn(Sender.LINUX, "host", rng),
    )


def _also(timed: Timed, near_ms: float) -> Timed:
    return attrs.evolve(timed, kernel_ms=near_ms)


def elsewhere(seen: Seen, edges: tuple[Point, ...], rng: np.random.Generator) -> Seen:
    """Return the session at an edge that claims another's place, or swaps its numbers."""
    others = [edge for edge in edges if edge != seen.edge]
    lat, lon = seen.edge
    swapped = (float(np.clip(lon, -90.0, 90.0)), lat)
    wrong = [*others, swapped, (lat, -lon)]
    return attrs.evolve(seen, claimed=wrong[int(rng.integers(len(wrong)))])


def wrong_clock(seen: Seen, rng: np.random.Generator) -> Seen:
    """Return the session at an edge whose clock is hours off, or a year."""
    return attrs.evolve(seen, clock_off_ms=int(rng.choice(WRONG_CLOCKS_MS)))
