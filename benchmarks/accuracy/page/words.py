"""How the page writes a number."""

from collections.abc import Mapping


def percent(share: float) -> str:
    """Three digits at most."""
    return f"{100 * share:.3g} %"


def interval(rate: Mapping[str, float]) -> str:
    """Both ends of 95 %."""
    return f"{percent(rate['low'])} – {percent(rate['high'])}"


def met(reached: bool) -> str:  # noqa: FBT001 - a word for a truth value
    """Say whether a goal is reached."""
    return "met" if reached else "**missed**"
