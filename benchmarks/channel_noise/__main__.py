"""Measure: every browser on every line, one visit after another; then write the table."""

import argparse
import json
import os
import platform
import ssl
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import trio
from attrs import asdict, frozen

from benchmarks.browsers import Browsers, Visit, find_browsers, open_browsers, running_driver
from benchmarks.channel_noise.condition import CONDITIONS, Condition
from benchmarks.channel_noise.host import Host
from benchmarks.channel_noise.place import LOOPBACK, Place, delay_line
from benchmarks.channel_noise.table import render
from examples.demo.process import running

ROOT: Final = Path(__file__).parents[2]
RESULTS: Final = ROOT / "benchmarks/results/channel_noise.json"
TABLE: Final = ROOT / "docs/channel_noise.md"
WARM_UP: Final = 2
"""Visits of each browser on each line that are not counted: the first starts the browser."""


@frozen
class Set:
    """A place with its browsers, its edge, and the host that the edge relays to."""

    place: Place
    browsers: Browsers
    host: Host
    page_url: str

    async def visit(self, browser: str, condition: Condition) -> dict[str, Any]:
        """Let *browser* visit once; return what edge, kernel and page measured."""
        self.host.envelopes.clear()
        await self.browsers.visit(
            Visit(browser=browser, url=self.page_url, slowdown=condition.slowdown)
        )
        (envelope,) = self.host.envelopes
        (channel,) = envelope["observed"]["latency"]
        (page,) = envelope["report"]["signals"]["latency"]["value"]["channels"]
        return {
            "edgeRttUs": channel["rttUs"],
            "kernelMinRttUs": channel["tcp"]["minRttUs"],
            "kernelRttUs": channel["tcp"]["rttUs"],
            "retransmits": channel["tcp"].get("retransmits"),
            "pageRttMs": page["rttMs"],
        }


@asynccontextmanager
async def opened(
    place: Place, browsers: Browsers, scratch: Path, host: Host | None = None, **more: str
) -> AsyncIterator[Set]:
    """Run an edge, with *more* variables, and its host at *place*."""
    chain, key = certificate(scratch, place.address)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(chain, key)
    page, service = place.listen(), place.listen()
    page_url, service_url = (f"{place.address}:{_port(at)}" for at in (page, service))
    variables = {
        "OCTET_DEV": "1",
        "OCTET_URL": f"http://{service_url}",
        "HOST": place.address,
        "PORT": "0",
        "EDGE_METRICS_BIND": "off",
        "EDGE_TLS_CERT_FILE": str(chain),
        "EDGE_TLS_KEY_FILE": str(key),
        "ALLOWED_ORIGIN": f"https://{page_url}",
        "EDGE_RATE_PER_ADDRESS": "0",
    }
    host = host or Host()
    command = [*place.edge, str(Path(sys.executable).with_name("octet-edge"))]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(host.serve, page, service, tls)
        async with running(command, variables | more, scratch / "edge.log") as host.edge_url:
            yield Set(place, browsers, host, f"https://{page_url}/")
        nursery.cancel_scope.cancel()


def certificate(scratch: Path, address: str) -> tuple[Path, Path]:
    """Make a self-signed certificate for *address*."""
    chain, key = scratch / "chain.pem", scratch / "key.pem"
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    name = ("-subj", f"/CN={address}", "-addext", f"subjectAltName=IP:{address}")
    files = ("-days", "2", "-out", str(chain), "-keyout", str(key))
    command = ["openssl", "req", "-x509", *kind, *name, *files]
    subprocess.run(command, check=True, capture_output=True)
    return chain, key


async def measured(at: Set, condition: Condition, browser: str, visits: int) -> dict[str, Any]:
    """Measure one row; visits that fail are counted, and told."""
    at.place.become(condition)
    rows, failures = [], 0
    for turn in range(WARM_UP + visits):
        try:
            row = await at.visit(browser, condition)
        except (ValueError, KeyError):
            failures += turn >= WARM_UP
        else:
            rows += [row] * (turn >= WARM_UP)
    print(f"{browser}, {condition.name}: {len(rows)} visits, {failures} without a receipt")
    return {"browser": browser, **asdict(condition), "failures": failures, "visits": rows}


async def measure_place(
    place: Place, socket: str, conditions: Sequence[Condition], visits: int
) -> list[dict[str, Any]]:
    """Measure all rows of one place."""
    with tempfile.TemporaryDirectory() as scratch:
        async with (
            open_browsers(socket) as browsers,
            opened(place, browsers, Path(scratch)) as at,
        ):
            return [
                await measured(at, condition, browser, visits)
                for condition in conditions
                for browser in find_browsers()
                if browser == "chromium" or condition.slowdown is None
            ]


def measure(visits: int) -> Iterator[dict[str, Any]]:
    """Measure all rows: first the loopback, then the lines."""
    with ExitStack() as stack:
        for place in (LOOPBACK, stack.enter_context(delay_line())):
            conditions = [each for each in CONDITIONS if each.line == (place is not LOOPBACK)]
            with running_driver(*place.browser) as socket:
                yield from trio.run(measure_place, place, socket, conditions, visits)


def environment() -> dict[str, Any]:
    """Say where and when this was measured."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "cpus": os.cpu_count(),
        "loadBefore": [round(load, 2) for load in os.getloadavg()],
        "kernel": platform.release(),
        "python": platform.python_version(),
        "browsers": {name: _version(path) for name, path in find_browsers().items()},
    }


def _version(path: str) -> str:
    done = subprocess.run([path, "--version"], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def _port(listener: trio.SocketListener) -> int:
    port: int = listener.socket.getsockname()[1]
    return port


def main() -> None:
    """Measure, keep the raw figures, render the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=50)
    visits = parser.parse_args().visits
    about = environment()
    rows = list(measure(visits))
    about["loadAfter"] = [round(load, 2) for load in os.getloadavg()]
    results = {"environment": about, "rows": rows}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results) + "\n", encoding="utf-8")
    TABLE.write_text(render(results), encoding="utf-8")


if __name__ == "__main__":
    main()
