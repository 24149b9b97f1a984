"""``docs/client.md``: all of its code runs, as it stands there."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from octet.client import __main__ as command
from octet.client import _outcome
from octet.client.testing import FakeOctet

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "client.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
PROGRAMS = [text for kind, text in BLOCKS if kind == "python" and "def test_" not in text]
TESTS = [text for kind, text in BLOCKS if kind == "python" and "def test_" in text]
SCRIPTS = [text for kind, text in BLOCKS if kind == "sh"]
PRINTED = [
    "log\n",
    "Verdict(country='DE', confidence=0.91, alarm=<Alarm.NONE: 'none'>",
    "US 0.88 medium\n",
    "look after the key: 401 partner_key_invalid\n",
    "sess_fixture_DE_0.91_none DE 20",
]


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    """What the guide's programs find in their environment: a service, and a key."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with FakeOctet(signed=True) as fake:
        yield {
            "PATH": path,
            "NO_PROXY": "127.0.0.1",
            "OCTET_URL": fake.url,
            "OCTET_PARTNER_KEY": fake.partner_key,
        }


@pytest.mark.parametrize(("text", "printed"), list(zip(PROGRAMS, PRINTED, strict=True)))
def test_programs(environment: dict[str, str], text: str, printed: str) -> None:
    """Each program runs as it stands, without a warning, and prints what one expects."""
    ran = [sys.executable, "-W", "error", "-c", text]
    done = subprocess.run(ran, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(printed)


@pytest.mark.parametrize("text", TESTS)
def test_tests(environment: dict[str, str], tmp_path: Path, text: str) -> None:
    """The tests that the guide shows pass."""
    (tmp_path / "test_guide.py").write_text(text)
    ran = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"]
    done = subprocess.run(
        ran, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert f"{text.count('def test_')} passed" in done.stdout, done.stdout


@pytest.mark.parametrize("text", SCRIPTS)
def test_scripts(environment: dict[str, str], text: str) -> None:
    """The shell's lines succeed, one after the other."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("country     DE\n")
    assert "partner     acme (test)\n" in done.stdout


def test_blocks_are_found() -> None:
    """The tests above look at something."""
    assert (len(PROGRAMS), len(TESTS), len(SCRIPTS)) == (5, 1, 1)


def test_the_exit_statuses_are_those_of_the_command() -> None:
    """Guide, help text and code agree."""
    in_guide = {int(status) for status in re.findall(r"^\| (\d) \|", GUIDE, re.MULTILINE)}
    in_help = {int(s) for s in re.findall(r"^    (\d+) ", command.__doc__ or "", re.MULTILINE)}
    in_code = {0} | {value for value in vars(_outcome).values() if type(value) is int}
    assert in_guide | {_outcome.INTERRUPTED} == in_help == in_code
