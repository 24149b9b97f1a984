"""``python -m benchmarks.real_stack``: measure, and keep what came of it."""

import argparse
import logging
import os
import subprocess
import sys
from typing import Any, Final

from benchmarks.accuracy import results
from benchmarks.accuracy.render import RESULTS, render
from benchmarks.accuracy.results import Result
from benchmarks.browsers import find_browsers
from benchmarks.real_stack.cases import CASES
from benchmarks.real_stack.measure import measure
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


def main() -> int:
    """Run it; 1 when it failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.real_stack")
    parser.add_argument("--visits", type=int, default=VISITS, help="of a row")
    parser.add_argument("--only", default="", help="ways with this in their name; keeps nothing")
    parser.add_argument("--render", action="store_true", help="render what is kept")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    if not options.render and not _measure(options.visits, options.only):
        return 1
    if not options.only:
        render()
    return 0


def _measure(visits: int, only: str) -> bool:
    """Measure and keep what came of it; tell whether anything did."""
    where = _environment()
    cases = [case for case in CASES if only in case.way and case.browser in find_browsers()]
    try:
        atlas = Atlas.load(DEFAULT_ATLAS)
        where["atlas"] = atlas.version
        result = Result(where, measure(Engine(atlas), cases, visits))
    except (OSError, ValueError, subprocess.CalledProcessError) as exc:
        result = Result(where, None, failure=f"{type(exc).__name__}: {exc}")
    where["loadAfter"] = list(os.getloadavg())
    if only:
        print(result)
    else:
        results.write(result, FILE)
    return result.numbers is not None


def _environment() -> dict[str, Any]:
    where = environment()
    del where["programs"]
    where["versions"] = {name: _version(name) for name in PACKAGES}
    return where


def _version(package: str) -> str:
    """Return a Debian package's version."""
    command = ["dpkg-query", "--show", "--showformat=${Version}", package]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout or "not there"


if __name__ == "__main__":
    sys.exit(main())
