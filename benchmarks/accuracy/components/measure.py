"""All components; what data are not there for is None."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.accuracy.components import delays, gap, matrices, stacks, votes
from benchmarks.accuracy.exits import Known
from benchmarks.accuracy.paths import measured_noise_ms
from octet.service.atlas import Atlas

DRAWS: Final = 3
QUICK_DRAWS: Final = 1


def measure(atlas: Atlas, data: Path, *, draws: int, seed: int) -> dict[str, Any]:
    """Return what is kept of a run."""
    rng = np.random.default_rng(seed)
    known, noise_ms = Known.read(data), measured_noise_ms()
    pings, regions = matrices.wondernetwork(data, atlas), matrices.azure(data, atlas)
    named = {"WonderNetwork": pings, "Azure": regions}
    return {
        "votes": votes.measure(atlas, known, rng) if known.exits else None,
        "delays": None if pings is None else delays.measure(atlas, pings, draws, rng),
        "fittedOn": None if regions is None else delays.residuals(regions),
        "gaps": {
            name: gap.measure(atlas, matrix, noise_ms, rng)
            for name, matrix in named.items()
            if matrix is not None
        },
        "stacks": stacks.measure(),
    }
