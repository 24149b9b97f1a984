"""How the page writes numbers, and what it calls them."""

from collections.abc import Mapping
from typing import Final

NUMBERS: Final = {
    "right": "country right",
    "wrong": "country wrong",
    "silent": "silent",
    "sureWrong": "wrong above 0.9",
    "low": "alarm ≥ low",
    "medium": "alarm ≥ medium",
    "high": "alarm high",
    "at5": "alarm at 5 % false",
    "at1": "alarm at 1 % false",
    "at01": "alarm at 0.1 % false",
    "at1Plain": "alarm at 1 % false, plain access",
    "at01Plain": "alarm at 0.1 % false, plain access",
}


def percent(share: float) -> str:
    """Three digits at most."""
    return f"{100 * share:.3g} %"


def interval(rate: Mapping[str, float]) -> str:
    """Both ends of 95 %."""
    return f"{percent(rate['low'])} – {percent(rate['high'])}"


def met(reached: bool) -> str:  # noqa: FBT001 - a word for a truth value
    """Say whether a goal is reached."""
    return "met" if reached else "**missed**"
