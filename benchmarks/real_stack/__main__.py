"""``python -m benchmarks.real_stack``: measure, judge, and keep what came of it."""

import argparse
import json
import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, Final

from benchmarks.accuracy import results
from benchmarks.accuracy.render import RESULTS, render
from benchmarks.accuracy.results import Result
from benchmarks.browsers import find_browsers
from benchmarks.real_stack.cases import CASES
from benchmarks.real_stack.measure import measure
from benchmarks.real_stack.sight import sight
from benchmarks.speed.environment import environment
from octet.service.atlas import Atlas
from octet.service.config import DEFAULT_ATLAS
from octet.service.engine import Engine

VISITS: Final = 12
PACKAGES: Final = (
    "chromium", "firefox-esr", "microsocks", "dante-server", "tinyproxy", "openvpn", "wireguard-go",
    "haproxy",
)  # fmt: skip
FILE: Final = RESULTS / "accuracy-real-stack.json"
RAW: Final = RESULTS.parents[1] / ".build/real_stack.json"
"""All envelopes of the last run on this machine: a later engine may judge them again."""


def main() -> int:
    """Run it; 1 when it failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.real_stack")
    parser.add_argument("--visits", type=int, default=VISITS, help="of a row")
    parser.add_argument("--only", default="", help="ways with this in their name; keeps nothing")
    parser.add_argument("--judge", action="store_true", help="judge the last run's visits again")
    parser.add_argument("--render", action="store_true", help="render what is kept")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    if options.only:
        print(json.dumps(_judged(_measured(options.visits, options.only))))
        return 0
    if not (options.render or options.judge):
        try:
            RAW.write_text(json.dumps(_measured(options.visits)), encoding="utf-8")
        except (OSError, subprocess.CalledProcessError) as exc:
            failure = f"{type(exc).__name__}: {exc}"
            results.write(Result(_environment(), None, failure), FILE)
            return 1
    if not options.render:
        run = _judged(json.loads(RAW.read_text(encoding="utf-8")))
        results.write(Result(run["environment"], {"rows": run["rows"]}), FILE)
    render()
    return 0


def _measured(visits: int, only: str = "") -> dict[str, Any]:
    """Return the rows, with every envelope, of the ways that have *only* in their name."""
    where = _environment()
    cases = [case for case in CASES if only in case.way and case.browser in find_browsers()]
    rows = measure(cases, visits)
    return {"environment": where | {"loadAfter": list(os.getloadavg())}, "rows": rows}


def _judged(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return the run with figures in place of envelopes."""
    atlas = Atlas.load(DEFAULT_ATLAS)
    engine = Engine(atlas)
    rows = [_seen(engine, row) for row in run["rows"]]
    return {"environment": run["environment"] | {"atlas": atlas.version}, "rows": rows}


def _seen(engine: Engine, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row with figures in place of envelopes; without a receipt there are none."""
    visits = row["visits"]
    found = [visit for visit in visits if visit["envelope"]["observed"]["latency"]]
    silent = len(visits) - len(found)
    return {**row, "visits": [sight(engine, visit) for visit in found], "withoutReceipt": silent}


def _environment() -> dict[str, Any]:
    where = environment()
    del where["programs"]
    where["loadBefore"] = list(os.getloadavg())
    where["versions"] = {name: _version(name) for name in PACKAGES}
    return where


def _version(package: str) -> str:
    """Return a Debian package's version."""
    command = ["dpkg-query", "--show", "--showformat=${Version}", package]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout or "not there"


if __name__ == "__main__":
    sys.exit(main())
