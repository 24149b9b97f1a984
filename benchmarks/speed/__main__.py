"""``python -m benchmarks.speed``: measure, keep the raw results, render them.

    python -m benchmarks.speed [--quick] [--sections posts,visits] [--render]

A section that is measured again takes the place of what was kept of it; the page names the run of
each. A quick run only shows that everything works: it is kept and rendered in `.build/bench/quick`.
"""

import argparse
import logging
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.speed import results
from benchmarks.speed.bodies import write_bodies
from benchmarks.speed.environment import environment
from benchmarks.speed.loading import Outcome
from benchmarks.speed.machine import loop_ns
from benchmarks.speed.plan import Plan
from benchmarks.speed.programs import ROOT
from benchmarks.speed.render import PAGE, render
from benchmarks.speed.results import Result
from benchmarks.speed.sections import SECTIONS
from benchmarks.speed.servers import Certificate
from tests.certificates import make_certificate

SEED: Final = 20261122
QUICK: Final = ROOT / ".build/bench/quick"
"""What a quick run found is not kept beside what counts."""

logger = logging.getLogger("benchmarks.speed")


def main() -> int:
    """Run the sections that were asked for; 1 when one of them failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed")
    parser.add_argument("--quick", action="store_true", help="only show that everything works")
    parser.add_argument(
        "--sections", type=_names, default=tuple(SECTIONS), help=f"some of {','.join(SECTIONS)}"
    )
    parser.add_argument(
        "--render", action="store_true", help="measure nothing, render what is kept"
    )
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is ended then, too
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    kept = QUICK if options.quick else results.DIRECTORY
    failed = [] if options.render else _measure(options.sections, kept, quick=options.quick)
    page = QUICK / "performance.md" if options.quick else PAGE
    render(kept, page)
    logger.info("rendered %s", page)
    return 1 if failed else 0


def _names(text: str) -> tuple[str, ...]:
    """Read names of sections, comma-separated."""
    names = tuple(text.split(","))
    if unknown := set(names) - SECTIONS.keys():
        raise argparse.ArgumentTypeError(f"no section: {', '.join(sorted(unknown))}")
    return names


def _measure(names: Collection[str], kept: Path, *, quick: bool) -> list[str]:
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
            mood = {"loadAverage": list(os.getloadavg()), "loopNs": loop_ns()}
            result = _run(name, plan, {**where, **mood})
            results.write(result, kept)
            told = result.failure or f"{len(result.outcomes)} windows"
            logger.info("%s: %s in %.0f s", name, told, result.took_s)
            if result.failure:
                failed.append(name)
    return failed


def _run(name: str, plan: Plan, where: Mapping[str, Any]) -> Result:
    """Measure one section, as far as it goes."""
    outcomes: list[Outcome] = []
    began_s = time.monotonic()
    failure = None
    try:
        outcomes.extend(SECTIONS[name](plan))
    except Exception as exc:
        logger.error("%s broke off", name, exc_info=exc)
        failure = f"{type(exc).__name__}: {exc}"
    return Result(name, where, outcomes, failure, time.monotonic() - began_s)


if __name__ == "__main__":
    sys.exit(main())
