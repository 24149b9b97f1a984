"""``python -m benchmarks.accuracy``: simulate, keep the aggregates, render them."""

import argparse
import sys
from pathlib import Path
from typing import Final

from benchmarks.accuracy import results
from benchmarks.accuracy.crowd import Size
from benchmarks.accuracy.exits import DATA, Known
from benchmarks.accuracy.measure import measure
from benchmarks.accuracy.render import render
from benchmarks.accuracy.results import Result
from benchmarks.speed.environment import environment
from octet.service.atlas import Atlas, AtlasError
from octet.service.config import DEFAULT_ATLAS

SEED: Final = 20261122
FULL: Final = Size(), Size(worlds=6, sessions=40, many=4)
QUICK: Final = Size(worlds=3, sessions=5, many=10), Size(worlds=2, sessions=2, many=3)


def main() -> int:
    """Run it; 1 when it failed. A goal that is missed is no failure: the page says so."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy")
    parser.add_argument("--quick", action="store_true", help="only show that everything works")
    parser.add_argument("--render", action="store_true", help="render what is kept")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--data", type=Path, default=DATA, help="real exits and lists, if there")
    options = parser.parse_args()
    failed = not options.render and not _measure(
        options.data, QUICK if options.quick else FULL, seed=options.seed
    )
    render()
    return 1 if failed else 0


def _measure(data: Path, sizes: tuple[Size, Size], *, seed: int) -> bool:
    """Simulate and keep what came of it; tell whether anything did."""
    where = environment()
    where |= {"seed": seed, "quick": sizes == QUICK, "atlas": "not there"}
    try:
        atlas = Atlas.load(DEFAULT_ATLAS)
        where["atlas"] = atlas.version
        results.write(Result(where, measure(atlas, Known.read(data), *sizes, seed=seed)))
    except (AtlasError, OSError, ValueError) as exc:
        results.write(Result(where, None, failure=f"{type(exc).__name__}: {exc}"))
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
