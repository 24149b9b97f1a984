"""A run beside the simulation: its options, its file, and that a failure is kept as one."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from benchmarks.accuracy import results
from benchmarks.accuracy.exits import DATA
from benchmarks.accuracy.results import Result
from benchmarks.speed.environment import environment
from octet.service.atlas import Atlas, AtlasError
from octet.service.config import DEFAULT_ATLAS

SEED: Final = 20261127


@frozen
class Options:
    """How a part is run."""

    quick: bool
    seed: int
    data: Path


def run(name: str, measure: Callable[[Atlas, Options], dict[str, Any]]) -> int:
    """Measure, and keep it as ``{name}.json``; return 1 when that failed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="only show that everything works")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--data", type=Path, default=DATA, help="measured by others, if there")
    told = parser.parse_args()
    file = results.FILE.with_name(f"{name}.json")
    where = environment() | {"seed": told.seed, "quick": told.quick, "atlas": "not there"}
    try:
        atlas = Atlas.load(DEFAULT_ATLAS)
        where["atlas"] = atlas.version
        numbers = measure(atlas, Options(told.quick, told.seed, told.data))
        results.write(Result(where, numbers), file)
    except (AtlasError, OSError, ValueError) as exc:
        results.write(Result(where, None, failure=f"{type(exc).__name__}: {exc}"), file)
        return 1
    return 0
