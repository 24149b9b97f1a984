"""What fixture references stand for."""

import pytest

from octet.client import Verdict
from octet.client.testing._fixture_refs import Given, read_fixture
from octet.schema.verdict import Alarm


@pytest.mark.parametrize(
    ("ref", "meaning"),
    [
        (
            "sess_fixture_DE_0.91_none",
            Given(Verdict(country="DE", confidence=0.91, alarm=Alarm.NONE), 0.0),
        ),
        ("sess_fixture_none_0.12_low", Given(Verdict(confidence=0.12, alarm=Alarm.LOW), 0.0)),
        (
            "sess_fixture_pending1500_US_0.88_medium",
            Given(Verdict(country="US", confidence=0.88, alarm=Alarm.MEDIUM), 1.5),
        ),
        ("sess_fixture_FR_1_high", Given(Verdict(country="FR", confidence=1, alarm=Alarm.HIGH), 0)),
        ("sess_fixture_pending", None),
        ("sess_fixture_error_429", "rate_limited"),
        ("sess_fixture_error_503", None),
        ("sess_fixture_pending123456_US_0.88_medium", None),
        ("sess_fixture_DE_0.1234567_none", None),
        ("sess_fixture_DE_٠_none", None),
        ("sess_fixture_DE_1.5_none", None),
        ("sess_fixture_DE_0.9_extreme", None),
        ("sess_fixture_de_0.9_none", None),
        ("sess_fixture_", None),
        ("sess_0123456789abcdefABCDEF", None),
    ],
)
def test_fixtures(ref: str, meaning: Given | str | None) -> None:
    """A verdict, a problem's code, or nothing special."""
    assert read_fixture(ref) == meaning
