"""What a verdict means for this app."""

from enum import StrEnum

from octet.client import Alarm, Verdict


class Decision(StrEnum):
    """What happens next with a visitor."""

    ALLOW = "allow"
    CHALLENGE = "challenge"
    """Ask for a second proof, such as a billing address."""
    LOG = "log"
    """Let pass, and keep a note for review."""


WITHOUT_VERDICT = Decision.LOG
"""A visitor is not to blame when Octet is slow or away."""


def decide(verdict: Verdict) -> Decision:
    """Return what this app does with a visitor.

    This is the customer's decision, not Octet's: a verdict states a country, how sure that is and
    how cautious to be. What follows from it depends on what a mistake costs *you*.
    """
    if verdict.alarm >= Alarm.MEDIUM:
        return Decision.CHALLENGE
    if verdict.country is None:
        return Decision.LOG
    return Decision.ALLOW
