"""``python -m benchmarks.speed``: measure, keep the raw results, render them."""

import argparse
import logging
import resource
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.speed import results
from benchmarks.speed.bodies import write_bodies
from benchmarks.speed.environment import environment
from benchmarks.speed.loading import Outcome
from benchmarks.speed.plan import Plan
from benchmarks.speed.render import render
from benchmarks.speed.results import Result
from benchmarks.speed.sections import SECTIONS
from benchmarks.speed.servers import Certificate
from tests.certificates import make_certificate

SEED: Final = 20261122

logger = logging.getLogger("benchmarks.speed")


def main() -> int:
    """Run the sections that were asked for; 1 when one of them failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed")
    parser.add_argument("--quick", action="store_true", help="only show that everything works")
    parser.add_argument("--only", nargs="+", choices=sorted(SECTIONS), help="these sections")
    parser.add_argument(
        "--render", action="store_true", help="measure nothing, render what is kept"
    )
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    failed = [] if options.render else _measure(options.only or SECTIONS, quick=options.quick)
    render()
    return 1 if failed else 0


def _measure(names: Collection[str], *, quick: bool) -> list[str]:
    """Measure the sections *names*; return those that failed."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    failed = []
    with tempfile.TemporaryDirectory() as directory:
        made = make_certificate(Path(directory))
        certificate = Certificate(chain=made.chain, key=made.key)
        plan = Plan.of(Path(directory), certificate, seed=SEED, quick=quick)
        where = environment()
        where["seed"], where["quick"] = SEED, quick
        where["bodyBytes"] = write_bodies(plan.posts, seed=SEED, receipt=False)
        write_bodies(plan.visits, seed=SEED, receipt=True)
        for name in (name for name in SECTIONS if name in names):
            result = _run(name, plan, where)
            results.write(result)
            logger.info("%s: %s", name, result.failure or f"{len(result.outcomes)} windows")
            if result.failure:
                failed.append(name)
    return failed


def _run(name: str, plan: Plan, where: Mapping[str, Any]) -> Result:
    """Measure one section, as far as it goes."""
    outcomes: list[Outcome] = []
    try:
        outcomes.extend(SECTIONS[name](plan))
    except (RuntimeError, OSError, subprocess.SubprocessError) as exc:
        return Result(name, where, outcomes, failure=str(exc))
    return Result(name, where, outcomes)


if __name__ == "__main__":
    sys.exit(main())
