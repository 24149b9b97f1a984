"""The command measures what it is asked for, and one section's failure is its own."""

from argparse import ArgumentTypeError
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.speed import __main__ as command
from benchmarks.speed.loading import Outcome, outcome_of
from benchmarks.speed.plan import Plan
from benchmarks.speed.servers import Certificate


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    certificate = Certificate(chain=tmp_path / "chain.pem", key=tmp_path / "key.pem")
    return Plan.of(tmp_path, certificate, seed=1, quick=True)


def test_sections_are_named() -> None:
    """Sections stand behind each other, and one that is none is refused by name."""
    assert command._names("posts,visits") == ("posts", "visits")
    with pytest.raises(ArgumentTypeError, match="no section: vists"):
        command._names("posts,vists")


def test_a_section_that_breaks_keeps_what_it_had(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure is told with the windows until then, and raises nothing."""
    window = Outcome(program="octet", round=0, mode="posts", seconds=1.0, done=1)

    def breaks(_: Plan) -> Iterator[Outcome]:
        yield window
        raise KeyError("holdSeconds")

    monkeypatch.setattr(command, "SECTIONS", {"posts": breaks})
    result = command._run("posts", plan, {})
    assert result.outcomes == [window]
    assert result.failure == "KeyError: 'holdSeconds'"


def test_quick_plans_stay_quick(plan: Plan) -> None:
    """More rounds are for a full run; fewer are for both."""
    assert plan.more(9).rounds == plan.rounds == 2
    assert plan.some(1).rounds == 1


def test_what_the_load_says() -> None:
    """The line of the load becomes a window; times become histograms."""
    raw = {
        "mode": "polls", "seconds": 5.0, "done": 2, "failed": {}, "processorSeconds": 0.5,
        "besideSeconds": 0.1, "latencyUs": [1000, 3000], "postUs": [900], "handshakes": {"full": 2},
    }  # fmt: skip
    outcome = outcome_of(raw, "service-10", round_number=1, setting={"polls": 10}, stolen=0.01)
    assert outcome.good
    assert outcome.latency is not None
    assert outcome.latency.total == 2
    assert outcome.lag is None
    assert outcome.posts is not None
    assert outcome.posts.quantile_us(0.5) == pytest.approx(900, rel=0.03)
    assert outcome.beside_seconds == 0.1
    assert outcome.setting == {"polls": 10, "handshakes": {"full": 2}}
