"""The fixture, as a customer's own pytest finds it."""

import subprocess
import sys
from pathlib import Path

import pytest

from octet.client import OctetSyncClient, Verdict
from octet.client.testing import FakeOctet

CUSTOMERS_TESTS = """
import os

import pytest

from octet.client import OctetClient, OctetSyncClient, Pending


def test_sync(fake_octet):
    fake_octet.answer("sess_12345678", country="DE")
    with OctetSyncClient(fake_octet.url, partner_key=fake_octet.partner_key) as octet:
        assert octet.verdict("sess_12345678").country == "DE"
    assert os.environ["NO_PROXY"].startswith("127.0.0.1")


def test_each_test_has_its_own(fake_octet):
    with OctetSyncClient(fake_octet.url, partner_key=fake_octet.partner_key) as octet:
        assert isinstance(octet.verdict("sess_12345678"), Pending)
    assert len(fake_octet.requests) == 1
"""
ASYNC_TEST = """

@pytest.mark.anyio
async def test_async(fake_octet):
    async with OctetClient(fake_octet.url, partner_key=fake_octet.partner_key) as octet:
        assert isinstance(await octet.verdict("sess_12345678"), Pending)
"""


def test_the_fixture_serves(fake_octet: FakeOctet) -> None:
    """It is on a socket, and empty."""
    fake_octet.answer("sess_12345678", country="DE")
    with OctetSyncClient(fake_octet.url, partner_key=fake_octet.partner_key) as octet:
        assert isinstance(octet.verdict("sess_12345678"), Verdict)


@pytest.mark.parametrize(
    ("plugins", "tests", "passed"),
    [
        (["-p", "no:anyio", "-p", "no:trio"], CUSTOMERS_TESTS, 2),
        (["-p", "no:trio"], CUSTOMERS_TESTS + ASYNC_TEST, 4),
    ],
    ids=["plain pytest", "anyio's plugin, under asyncio and trio"],
)
def test_a_customer_needs_no_configuration(
    tmp_path: Path, plugins: list[str], tests: str, passed: int
) -> None:
    """The fixture is there by being installed, behind a proxy too, with no warning, and without
    any plugin for asynchronous tests.
    """
    (tmp_path / "test_app.py").write_text(tests)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", *plugins],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "HTTP_PROXY": "http://127.0.0.1:1", "NO_PROXY": "x.example"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert f"{passed} passed" in done.stdout, done.stdout + done.stderr


def test_it_imports_nothing_that_nobody_asked_for() -> None:
    """Every project of the environment loads it: it must cost them nothing."""
    program = "import octet.pytest_plugin, sys; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout.split()
    assert "octet.pytest_plugin" in modules
    assert not {"octet.client", "octet.schema", "httpx", "cattrs", "trio"} & set(modules)
