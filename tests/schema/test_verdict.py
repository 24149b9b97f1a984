import json
import random
from pathlib import Path
from typing import Any

import pytest

from octet.schema import SchemaError, structure, unstructure
from octet.schema.verdict import Alarm, Location, Pending, Verdict

DATA = Path(__file__).parents[1] / "data"
RISING = [Alarm.NONE, Alarm.LOW, Alarm.MEDIUM, Alarm.HIGH]


def test_alarms_are_strings_in_rising_order() -> None:
    """Alarms compare by how cautious to be, not by the alphabet, and equal their strings."""
    assert [alarm.level for alarm in RISING] == [0, 1, 2, 3]
    assert RISING == ["none", "low", "medium", "high"]
    shuffled = RISING.copy()
    random.Random(1).shuffle(shuffled)  # noqa: S311 - not a secret
    assert sorted(shuffled) == RISING
    assert max(RISING) is Alarm.HIGH


@pytest.mark.parametrize("b", RISING)
@pytest.mark.parametrize("a", RISING)
def test_every_comparison_goes_by_level(a: Alarm, b: Alarm) -> None:
    """All four orderings agree, against an alarm and against its string."""
    for other in (b, str(b)):
        assert (a < other) == (a.level < b.level)
        assert (a <= other) == (a.level <= b.level)
        assert (a > other) == (a.level > b.level)
        assert (a >= other) == (a.level >= b.level)


def test_absent_members_are_not_on_the_wire() -> None:
    """A verdict without a country says nothing of it, not null."""
    assert unstructure(Verdict(confidence=0.12, alarm=Alarm.LOW)) == {
        "confidence": 0.12,
        "alarm": "low",
    }


def test_the_golden_verdict_reads_in_python_names() -> None:
    """Every member of the contract has its place."""
    read = structure(Verdict, json.loads((DATA / "verdict.json").read_bytes()))
    assert read.country == "DE"
    assert read.estimated_location == Location(lat=52.5, lon=13.4)
    assert (read.device_key, read.token) == ("dk_x", "v4.public.x")
    assert read.feasible_region is not None
    assert len(read.feasible_region) == 3


@pytest.mark.parametrize(
    "members",
    [
        {"confidence": 1.01},
        {"confidence": -0.01},
        {"confidence": None},
        {"alarm": "NONE"},
        {"alarm": None},
        {"country": "de"},
        {"country": "DEU"},
        {"country": None},
        {"estimatedLocation": [52.5, 13.4]},
        {"estimatedLocation": {"lat": 91, "lon": 0}},
        {"estimatedLocation": {"lat": 0, "lon": -181}},
        {"estimatedLocation": {"lat": 0}},
        {"confidenceRadiusKm": -1},
        {"feasibleRegion": {}},
        {"feasibleRegion": None},
    ],
)
def test_what_is_no_verdict_is_refused(members: dict[str, Any]) -> None:
    """Bounds and types of the contract hold."""
    with pytest.raises(SchemaError):
        structure(Verdict, {"confidence": 0.5, "alarm": "none"} | members)


def test_a_pending_reply_names_its_reference() -> None:
    """The reply's other member is not needed to read it."""
    assert structure(Pending, {"status": "pending", "ref": "sess_abc"}) == Pending("sess_abc")


@pytest.mark.parametrize(
    ("country", "confidence", "threshold", "confident"),
    [
        ("DE", 0.8, 0.8, True),
        ("DE", 0.79, 0.8, False),
        (None, 1.0, 0.8, False),
        ("DE", 0.0, 0.0, True),
        ("DE", 1.0, 1.0, True),
    ],
)
def test_confident(
    country: str | None, confidence: float, threshold: float, confident: bool
) -> None:
    """Confidence is in a country: without one there is nothing to be confident of."""
    verdict = Verdict(country=country, confidence=confidence, alarm=Alarm.NONE)
    assert verdict.is_confident(threshold) is confident


@pytest.mark.parametrize("threshold", [80, -0.1, 1.1, float("nan")])
def test_a_threshold_is_no_percentage(threshold: float) -> None:
    """A threshold that nothing reaches, or everything, is a mistake and said to be one."""
    with pytest.raises(ValueError, match="threshold"):
        Verdict(country="DE", confidence=1.0, alarm=Alarm.NONE).is_confident(threshold)


def test_a_token_is_in_no_repr() -> None:
    """Reprs reach logs."""
    assert "secret" not in repr(Verdict(confidence=1.0, alarm=Alarm.NONE, token="secret"))
