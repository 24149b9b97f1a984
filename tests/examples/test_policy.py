"""The customer's own decision."""

import pytest

from examples.customer_app.policy import Decision, decide
from octet.client import Alarm, Verdict


@pytest.mark.parametrize(
    ("country", "alarm", "decision"),
    [
        ("DE", Alarm.NONE, Decision.ALLOW),
        ("DE", Alarm.LOW, Decision.ALLOW),
        ("DE", Alarm.MEDIUM, Decision.CHALLENGE),
        ("DE", Alarm.HIGH, Decision.CHALLENGE),
        (None, Alarm.NONE, Decision.LOG),
        (None, Alarm.LOW, Decision.LOG),
        (None, Alarm.HIGH, Decision.CHALLENGE),
    ],
)
def test_decide(country: str | None, alarm: Alarm, decision: Decision) -> None:
    """Alarm weighs more than a country that is not known."""
    assert decide(Verdict(country=country, confidence=0.5, alarm=alarm)) is decision
