"""``python -m benchmarks.accuracy.components``: measure the engine's parts on real data."""

import sys
from typing import Any

from benchmarks.accuracy import part
from benchmarks.accuracy.components.measure import DRAWS, QUICK_DRAWS, measure
from benchmarks.accuracy.part import Options
from octet.service.atlas import Atlas


def _all(atlas: Atlas, options: Options) -> dict[str, Any]:
    draws = QUICK_DRAWS if options.quick else DRAWS
    return measure(atlas, options.data, draws=draws, seed=options.seed)


if __name__ == "__main__":
    sys.exit(part.run("accuracy-components", _all))
