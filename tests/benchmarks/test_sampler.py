"""The sampler sees what runs, and nothing before it was told to begin."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.speed import sampler
from benchmarks.speed.profile import read, table
from benchmarks.speed.sampler import Sampler, short


@pytest.fixture
def handler() -> Iterator[None]:
    before = signal.getsignal(signal.SIGPROF)
    yield
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.signal(signal.SIGPROF, before)


def busy(sampler: Sampler) -> None:
    while sum(sampler.stacks.values()) < 3:
        sum(range(1000))


def test_what_runs_is_seen(handler: None) -> None:
    """A function that keeps the processor busy is the last frame of the stacks."""
    made = Sampler()
    made.begin()
    busy(made)
    signal.setitimer(signal.ITIMER_PROF, 0)
    assert any(stack[-1][1] == "busy" for stack in made.stacks)
    assert "test_sampler.py:busy:" in made.folded()


def test_places_are_told_without_where_they_are_installed() -> None:
    """A frame of a package begins with the package's name, one of ours with ``octet``."""
    assert short("/a/.venv/lib/python3.11/site-packages/trio/_core/_run.py") == "trio/_core/_run.py"
    assert short("/a/src/octet/edge/visit.py") == "octet/edge/visit.py"
    assert short(ssl_path := f"{sys.prefix}/nowhere/ssl.py") == ssl_path
    assert short(sampler.__file__) == "sampler.py"


def test_table(tmp_path: Path) -> None:
    """Shares are of all samples, times are shares of an exchange, and a filter keeps both so."""
    folded = tmp_path / "posts.folded"
    folded.write_text("a.py:main:1;octet/edge/x.py:f:2 6\na.py:main:1;trio/y.py:g:3 4\n")
    stacks = read(folded)
    assert sum(stacks.values()) == 10
    text = table(stacks, 200.0, top=5)
    assert "| octet/edge | 60.0% | 120.0 |" in text
    assert "| trio/y.py:g | 40.0% | 80.0 |" in text
    assert "main" not in text
    assert "octet" not in table(stacks, 200.0, top=5, under="trio")
