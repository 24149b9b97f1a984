"""``make demo ONCE=1``: the whole path on real input."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from octet.schema.verdict import Alarm

ROOT = Path(__file__).parents[2]
NO_BROWSER = "There is no Chromium here"


def run_demo(**variables: str) -> tuple[str, Mapping[str, Mapping[str, Any]]]:
    """Run the demo once; return all that it printed, and its last line as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "examples.demo", "--once"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=variables,
        timeout=120,
    )
    return done.stdout, json.loads(done.stdout.splitlines()[-1])


def check(verdicts: Mapping[str, Mapping[str, Any]]) -> None:
    """Check what the demo promises of its four sessions."""
    assert list(verdicts) == ["honest", "traveller", "vpn", "proxy"]
    honest, traveller, vpn, proxy = verdicts.values()
    assert honest["country"] == "DE"
    assert honest["alarm"] == "none"
    assert honest["confidence"] > vpn["confidence"]
    assert traveller["country"] == "FR"
    assert Alarm(traveller["alarm"]) <= Alarm.LOW
    assert Alarm(vpn["alarm"]) >= Alarm.MEDIUM
    assert Alarm(proxy["alarm"]) >= Alarm.MEDIUM


@pytest.mark.chromium
def test_demo_with_chromium() -> None:
    """A real browser's four sessions get the four verdicts that their stories deserve."""
    printed, verdicts = run_demo(PATH="/usr/bin:/bin")
    assert NO_BROWSER not in printed
    check(verdicts)


def test_demo_without_chromium(tmp_path: Path) -> None:
    """Without Chromium the demo says so, and the small visitor gets the same verdicts."""
    printed, verdicts = run_demo(PATH=str(tmp_path))
    assert NO_BROWSER in printed
    check(verdicts)
