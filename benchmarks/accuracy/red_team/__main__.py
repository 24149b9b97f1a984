"""``python -m benchmarks.accuracy.red_team``: attack, and keep what came of it."""

import sys
from typing import Any

from benchmarks.accuracy import part
from benchmarks.accuracy.exits import Known
from benchmarks.accuracy.part import Options
from benchmarks.accuracy.red_team import receipts
from benchmarks.accuracy.red_team.measure import QUICK, Size, measure
from octet.service.atlas import Atlas


def _all(atlas: Atlas, options: Options) -> dict[str, Any]:
    size = QUICK if options.quick else Size()
    numbers = measure(atlas, Known.read(options.data), size, seed=options.seed)
    return numbers | {"receipts": receipts.measure()}


if __name__ == "__main__":
    sys.exit(part.run("accuracy-red-team", _all))
