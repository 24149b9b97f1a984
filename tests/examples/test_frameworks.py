"""The framework examples under their own servers, with the fake service behind them."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from attrs import frozen

from octet.client import Alarm, Verdict
from octet.client.testing import FakeOctet

ROOT = Path(__file__).parents[2]
EDGE = "https://cinema.example/octet"
PATIENCE_S = 60.0
COMMANDS: Final = {
    "quart": ["hypercorn", "--bind", "127.0.0.1:0", "examples.frameworks.quart_app:create_app()"],
    "starlette": [
        "uvicorn",
        "--port",
        "0",
        "--factory",
        "examples.frameworks.starlette_app:create_app",
    ],
    "fastapi": [
        "uvicorn",
        "--port",
        "0",
        "--factory",
        "examples.frameworks.fastapi_app:create_app",
    ],
    "flask": ["flask", "--app", "examples.frameworks.flask_app", "run", "--port", "0"],
    "django": ["examples.frameworks.django_app", "runserver", "--noreload", "127.0.0.1:0"],
}


class Server:
    """A program in its own process; its output is read until it ends."""

    def __init__(self, command: list[str], variables: dict[str, str]) -> None:
        self.log = ""
        self._grown = threading.Condition()
        self._process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def url(self) -> str:
        """Where it serves, once it does."""
        return self.said(r"(http://127\.0\.0\.1:[1-9]\d*)")[1]

    def said(self, pattern: str) -> re.Match[str]:
        """Return what it says that matches *pattern*, once it does."""
        with self._grown:
            self._grown.wait_for(lambda: re.search(pattern, self.log), PATIENCE_S)
            found = re.search(pattern, self.log)
        assert found, self.log
        return found

    def end(self) -> None:
        """Stop it, and wait for its last word."""
        self._process.terminate()
        self._process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                with self._grown:
                    self.log += line
                    self._grown.notify_all()


@frozen
class Site:
    """A running example."""

    server: Server
    fake: FakeOctet


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeOctet]:
    with FakeOctet() as fake:
        yield fake


@pytest.fixture(scope="module")
def servers(fake: FakeOctet) -> Iterator[dict[str, Server]]:
    """All examples at once, so that their starts overlap."""
    variables = {
        "OCTET_URL": fake.url,
        "OCTET_PARTNER_KEY": fake.partner_key,
        "EDGE_URL": EDGE,
        "SECRET_KEY": "of the session cookie, long enough for all of them to be content with it",
        "NO_PROXY": "127.0.0.1",
        "PYTHONWARNINGS": "error",
        "PYTHONUNBUFFERED": "1",
    }
    servers = {name: Server(command, variables) for name, command in COMMANDS.items()}
    yield servers
    for server in servers.values():
        server.end()
    for name, server in servers.items():
        assert "Traceback" not in server.log, (name, server.log)
        assert "Warning" not in server.log, (name, server.log)
        assert fake.partner_key not in server.log


@pytest.fixture(params=COMMANDS)
def site(
    request: pytest.FixtureRequest, servers: dict[str, Server], fake: FakeOctet
) -> Iterator[Site]:
    yield Site(servers[request.param], fake)
    fake.recover()
    fake.default = None


@pytest.fixture
def browser(site: Site) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.server.url, trust_env=False, timeout=30) as browser:
        yield browser


def visit(browser: httpx.Client) -> str:
    """Open the page, and return the reference in it."""
    page = browser.get("/")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert f'src="{EDGE}/octet-collector.js"' in page.text
    found = re.search(r'data-ref="(sess_[\w-]{22,})"', page.text)
    assert found
    return found[1]


def decision(browser: httpx.Client) -> Any:
    reply = browser.get("/decision")
    assert reply.status_code == 200
    return reply.json()["decision"]


def verdict(country: str | None, confidence: float, alarm: Alarm) -> Verdict:
    return Verdict(country=country, confidence=confidence, alarm=alarm)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (verdict("DE", 0.91, Alarm.NONE), "allow"),
        (verdict("DE", 0.91, Alarm.HIGH), "challenge"),
        (verdict("DE", 0.5, Alarm.LOW), "log"),
        (verdict(None, 0.12, Alarm.LOW), "log"),
    ],
)
def test_a_visitor_is_decided_on(
    site: Site, browser: httpx.Client, answer: Verdict, expected: str
) -> None:
    """The page has a reference of its own, by which the backend reads the verdict, and decides."""
    ref = visit(browser)
    site.fake.answer_with(ref, answer, after_s=0.05)
    assert decision(browser) == expected
    assert site.fake.requests[-1].ref == ref


def test_a_page_that_does_not_report(servers: dict[str, Server]) -> None:
    """Without a verdict in time the visitor is let pass, and noted, by every one of them."""

    def wait(server: Server) -> Any:
        with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as browser:
            visit(browser)
            return decision(browser)

    with ThreadPoolExecutor() as pool:
        assert list(pool.map(wait, servers.values())) == ["log"] * len(COMMANDS)


def test_octet_is_away(site: Site, browser: httpx.Client) -> None:
    """An error of Octet's stops no visitor; the log names it, and the request."""
    ref, asked = visit(browser), len(site.fake.requests)
    site.fake.refuse("internal", times=None)
    assert decision(browser) == "log"
    (request,) = site.fake.requests[asked:]
    assert request.ref == ref
    site.server.said(r"no verdict: internal \(request fake-\d+\)")


def test_a_stranger_reads_nothing(site: Site, browser: httpx.Client) -> None:
    """Who has no session has no reference, and none is asked for on anybody's word."""
    asked = len(site.fake.requests)
    assert browser.get("/decision").status_code == 400
    assert browser.get("/decision?ref=sess_12345678").status_code == 400
    assert len(site.fake.requests) == asked


def test_every_page_view_has_its_reference(browser: httpx.Client) -> None:
    """A reference is for one visit."""
    assert visit(browser) != visit(browser)
