"""What was to be reached, and whether it was.

A ceiling is met when the upper end of the interval is below it, a floor when the number itself is.

Beside rules, alarms are compared at as many false ones in sum. There a rule that alarms fewer at
home alarms more of the others, so false alarms are compared once more where the rule finds as many
of those who hide. No rule is silent about people at home: whether answers are right is compared.
"""

from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen

from benchmarks.accuracy.alarms import LEVELS
from benchmarks.accuracy.crowd import ON_NO_LIST
from benchmarks.accuracy.sessions import Case


@frozen
class Goal:
    """One number that should be at least, or at most, what is said."""

    case: str
    number: str
    goal: float
    at_least: bool

    def reached(self, numbers: Mapping[str, Any]) -> Mapping[str, float] | None:
        """Return value, low and high; None where it was not measured."""
        found: Mapping[str, float] | None
        found = numbers["rates"].get(self.case, {}).get(self.number)
        return found

    def met(self, reached: Mapping[str, float]) -> bool:
        """Tell whether it is."""
        if self.at_least:
            return reached["value"] >= self.goal
        return reached["high"] <= self.goal

    @property
    def false_alarm(self) -> bool:
        """Whether it bounds alarms of people who hide nothing."""
        return self.number in LEVELS and not self.at_least

    @property
    def compared(self) -> "Goal":
        """What is compared with rules: itself, or instead of silence whether answers are right."""
        return _least(self.case, "right", 1.0) if self.number == "silent" else self

    def best_baseline(self, numbers: Mapping[str, Any], suffix: str = "") -> tuple[str, float]:
        """Return the rule that does best, and its number, or that of the name with a suffix."""
        number = self.number + suffix
        there = {name: rates[self.case][number] for name, rates in numbers["baselines"].items()}
        best = max(there, key=lambda name: there[name] if self.at_least else -there[name])
        return best, there[best]

    def worse(self, reached: Mapping[str, float], baseline: float) -> bool:
        """Tell whether the engine does worse than a baseline, beyond what its interval allows."""
        return reached["high"] < baseline if self.at_least else reached["low"] > baseline

    def behind(self, reached: Mapping[str, float], baseline: float) -> bool:
        """Tell whether a baseline's number is the better one, whatever the interval."""
        return reached["value"] < baseline if self.at_least else reached["value"] > baseline

    def beside(self, reached: Mapping[str, float], baseline: float) -> str:
        """Say in a word how the engine does beside a baseline."""
        if self.worse(reached, baseline):
            return "**worse**"
        better = reached["low"] > baseline if self.at_least else reached["high"] < baseline
        return "better" if better else "alike"

    def variant(self, rates: Mapping[str, Mapping[str, float]]) -> float | None:
        """Return what a variant of the engine reaches."""
        return rates.get(self.case, {}).get(self.number)

    def reaches(self, value: float) -> bool:
        """Tell whether a number without an interval reaches the goal."""
        return value >= self.goal if self.at_least else value <= self.goal


def _least(case: str, number: str, goal: float) -> Goal:
    return Goal(case, number, goal, at_least=True)


def _most(case: str, number: str, goal: float) -> Goal:
    return Goal(case, number, goal, at_least=False)


GOALS: Final = (
    _most(Case.DIRECT, "wrong", 0.005),
    _most(Case.DIRECT, "silent", 0.02),
    _most(Case.DIRECT, "low", 0.05),
    _most(Case.DIRECT, "medium", 0.01),
    _most(Case.DIRECT, "high", 0.001),
    _least(Case.TRAVELLER, "right", 0.95),
    _most(Case.TRAVELLER, "medium", 0.01),
    _most(Case.TRAVELLER, "high", 0.001),
    _least(Case.TRAVELLER_STALE, "right", 0.95),
    _least(Case.ROAMING, "right", 0.9),
    _most(Case.ROAMING, "medium", 0.01),
    _least(Case.VPN_HONEST, "right", 0.95),
    _least(Case.VPN_HONEST, "medium", 0.98),
    _least(Case.VPN_HONEST, "at1", 0.98),
    _least(Case.VPN_HONEST + ON_NO_LIST, "at1", 0.85),
    _least(Case.VPN_SPOOFED, "medium", 0.98),
    _least(Case.VPN_SPOOFED, "at1", 0.98),
    _least(Case.VPN_SPOOFED + ON_NO_LIST, "at1", 0.4),
    _least(Case.PROXY_ABROAD, "medium", 0.99),
    _least(Case.PROXY_ABROAD, "at01Plain", 0.99),
    _least(Case.PROXY_HOME, "medium", 0.9),
    _least(Case.PROXY_HOME, "at1Plain", 0.9),
    _most(Case.VPN_SPOOFED, "sureWrong", 0.01),
    _least(Case.RELAY, "right", 0.95),
    _most(Case.RELAY, "medium", 0.02),
)
"""In the order of the table that they are from. Every alarm that is to be found at a rate of false
ones is there twice: as the engine alarms, and at a threshold that gives just that rate."""

ECE_OVERALL: Final = 0.015
ECE_PATTERN: Final = 0.03
