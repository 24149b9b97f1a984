"""Every case, one visit after another, through a real edge and a real service."""

import logging
import subprocess
import sys
import tempfile
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import httpx
import trio
from attrs import asdict, frozen

from benchmarks.browsers import BrowserError, Browsers, Visit, open_browsers, running_driver
from benchmarks.channel_noise.__main__ import Set
from benchmarks.channel_noise.__main__ import opened as edge_opened
from benchmarks.channel_noise.host import Host
from benchmarks.real_stack import ways
from benchmarks.real_stack.cases import Case
from benchmarks.real_stack.ground import Ground, ground
from benchmarks.real_stack.triangle import EDGE
from examples.demo.process import running

FRANKFURT: Final = "50.11,8.68"
SERVICE_S: Final = 10
EXPRESSION: Final = """visit.catch(async ({ message }) => {
  await new Promise((done) => setTimeout(done, 5000));
  return { message };
})"""
"""What the page is asked for. A report that is under way when the page gives up still arrives, as
long as the page stays."""

logger = logging.getLogger("benchmarks.real_stack")


@frozen
class Stage:
    """Edge and service, and the browsers that come."""

    ground: Ground
    at: Set
    browsers: Browsers
    verdicts: Mapping[str, Any]
    """What the service answered, by the report's id."""
    trust: Mapping[str, tuple[str, ...]]
    """By browser, what of its command line lets it trust the certificate."""

    async def visit(self, case: Case, entrance: ways.Entrance) -> dict[str, Any]:
        """Let one visitor come; return what the edge relayed and what the service said.

        Raises:
            BrowserError: the page did not load, or threw.
            ValueError: no report came.
        """
        host = self.at.host
        host.envelopes.clear()
        told = host.edge_url
        host.edge_url = told.replace(EDGE, entrance.address)
        try:
            seen = await self.browsers.visit(
                Visit(
                    browser=case.browser,
                    url=self.at.page_url.replace(EDGE, entrance.address),
                    expression=EXPRESSION,
                    args=self.trust.get(case.browser, ()),
                    proxy=entrance.proxy,
                    time_zone=case.person.time_zone,
                    languages=case.person.languages,
                )
            )
        finally:
            host.edge_url = told
        (envelope,) = host.envelopes
        verdict = self.verdicts[envelope["id"]]
        return {"envelope": envelope, "verdict": verdict, "late": not seen.value.get("ok")}

    async def row(self, case: Case, visits: int, warm_up: int = 1) -> dict[str, Any]:
        """Measure one row; visits of the *warm_up*, which may start the browser, do not count."""
        found: list[dict[str, Any]] = []
        failures: list[str] = []
        urls = (self.at.page_url, self.at.host.edge_url)
        with tempfile.TemporaryDirectory() as scratch:
            async with ways.opened(self.ground, case, Path(scratch), *urls) as entrance:
                for turn in range(warm_up + visits):
                    try:
                        figures = await self.visit(case, entrance)
                    except (BrowserError, ValueError) as exc:
                        failures += [str(exc).splitlines()[0]] * (turn >= warm_up)
                    else:
                        found += [figures] * (turn >= warm_up)
        logger.info("%s, %s: %d visits, %s", case.browser, case.way, len(found), failures)
        return {**_told(case), "failures": failures, "visits": found}


def _told(case: Case) -> dict[str, Any]:
    return {
        **asdict(case),
        "way": str(case.way),
        "set_kernel_ms": case.kernel_ms,
        "set_gap_ms": case.gap_ms,
    }


@asynccontextmanager
async def _service(scratch: Path) -> AsyncIterator[str]:
    """Run the installed service, open to this machine."""
    variables = {"OCTET_DEV": "1", "PORT": "0", "OCTET_METRICS_BIND": "off"}
    command = [str(Path(sys.executable).with_name("octet-service"))]
    async with running(command, variables, scratch / "service.log") as url:
        yield url


def _trusting(scratch: Path) -> str:
    """Return Chromium's switch for the edge's certificate.

    A certificate that it is told to overlook makes it connect twice each time.
    """
    public = ("openssl", "x509", "-in", str(scratch / "chain.pem"), "-pubkey", "-noout")
    pem = subprocess.run(public, check=True, stdout=subprocess.PIPE).stdout
    der = b64decode(b"".join(pem.splitlines()[1:-1]))
    return f"--ignore-certificate-errors-spki-list={b64encode(sha256(der).digest()).decode()}"


@asynccontextmanager
async def staged(on: Ground, socket: str) -> AsyncIterator[Stage]:
    """Run service and edge; the edge reaches the service through what keeps the envelopes."""
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        async with AsyncExitStack() as stack:
            service_url = await stack.enter_async_context(_service(scratch))
            client = await stack.enter_async_context(
                httpx.AsyncClient(base_url=service_url, timeout=SERVICE_S, trust_env=False)
            )

            verdicts: dict[str, Any] = {}

            async def ask(body: bytes) -> bytes:
                headers = {"content-type": "application/json"}
                answer = await client.post("/v1/signals", content=body, headers=headers)
                results = answer.raise_for_status().json()["results"]
                verdicts.update((result["id"], result["verdict"]) for result in results)
                return answer.content

            browsers = await stack.enter_async_context(open_browsers(socket))
            more = {"EDGE_LOCATION": FRANKFURT, "EDGE_ID": "fra-1", "EDGE_EXPOSE_VERDICT": "1"}
            # A balancer's visitors come from the balancer's origin.
            more["ALLOWED_ORIGIN"] = "*"
            at = await stack.enter_async_context(
                edge_opened(on.edge(), browsers, scratch, Host(service=ask), **more)
            )
            yield Stage(on, at, browsers, verdicts, {"chromium": (_trusting(scratch),)})


def measure(cases: Sequence[Case], visits: int, warm_up: int = 1) -> list[dict[str, Any]]:
    """Measure the rows of *cases*, *visits* each after as many of a *warm_up*."""

    async def rows(on: Ground, socket: str) -> list[dict[str, Any]]:
        async with staged(on, socket) as stage:
            return [await stage.row(case, visits, warm_up) for case in cases]

    with ground() as on, running_driver(*on.inside("user")) as socket:
        return trio.run(rows, on, socket)
