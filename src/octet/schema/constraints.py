"""Bounds that stand in a field's type, as ``Annotated[int, Range(0, 90)]``.

The converter enforces them and the exported JSON Schema prints them, so the two cannot differ.
"""

import ipaddress
import re
from collections.abc import Callable, Sized
from typing import Annotated, Any, ClassVar, Protocol

from attrs import field, frozen


class Constraint(Protocol):
    """One bound: refuses by ValueError, and says itself in JSON Schema."""

    def check(self, value: Any) -> None:
        """Raise ValueError when *value* is out of bounds."""

    def keywords(self) -> dict[str, Any]:
        """Return the JSON Schema keywords that say the same."""


@frozen
class Range:
    """A number from *low* to *high*, both included."""

    low: float | None = None
    high: float | None = None

    def check(self, value: float) -> None:
        """Raise ValueError when *value* lies outside."""
        if (self.low is not None and value < self.low) or (
            self.high is not None and value > self.high
        ):
            raise ValueError(f"must be {self}")

    def __str__(self) -> str:
        """Give ``at least 0``, ``at most 90`` or both."""
        bounds = (("least", self.low), ("most", self.high))
        return " and ".join(f"at {side} {bound}" for side, bound in bounds if bound is not None)

    def keywords(self) -> dict[str, Any]:
        """Return ``minimum`` and ``maximum``."""
        bounds = {"minimum": self.low, "maximum": self.high}
        return {name: bound for name, bound in bounds.items() if bound is not None}


@frozen
class Length:
    """An array of *low* to *high* items."""

    container: ClassVar[type[list[Any]]] = list
    """What it bounds on the wire: looked at before anything inside costs time."""
    low: int
    high: int

    def check(self, value: Sized) -> None:
        """Raise ValueError when there are fewer or more."""
        if not self.low <= len(value) <= self.high:
            raise ValueError(f"must have {self.low} to {self.high} items")

    def keywords(self) -> dict[str, Any]:
        """Return ``minItems`` and ``maxItems``."""
        return {"minItems": self.low, "maxItems": self.high}


@frozen
class Members:
    """An object of at most *high* members."""

    container: ClassVar[type[dict[str, Any]]] = dict
    """As `Length`'s."""
    high: int

    def check(self, value: Sized) -> None:
        """Raise ValueError when there are more."""
        if len(value) > self.high:
            raise ValueError(f"must have at most {self.high} members")

    def keywords(self) -> dict[str, Any]:
        """Return ``maxProperties``."""
        return {"maxProperties": self.high}


@frozen
class Pattern:
    """A string that *regex* matches from end to end."""

    regex: str
    matches: Callable[[str], object] = field(init=False, eq=False, repr=False)

    @matches.default
    def _compiled(self) -> Callable[[str], object]:
        return re.compile(self.regex).fullmatch

    def check(self, value: str) -> None:
        """Raise ValueError when it does not match."""
        if self.matches(value) is None:
            raise ValueError(f"must match {self.regex}")

    def keywords(self) -> dict[str, Any]:
        """Return ``pattern``, anchored."""
        return {"pattern": f"^{self.regex}$"}


@frozen
class Address:
    """An IPv4 or IPv6 address in text, without a zone."""

    def check(self, value: str) -> None:
        """Raise ValueError when it is none."""
        try:
            ipaddress.ip_address(value)
        except ValueError:
            raise ValueError("must be an IPv4 or IPv6 address") from None
        if "%" in value:
            raise ValueError("must have no zone")

    def keywords(self) -> dict[str, Any]:
        """Return the two ``format``s."""
        return {"anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}


Version1 = Annotated[int, Range(1, 1)]
Count = Annotated[int, Range(0, 2**53)]
Latitude = Annotated[float, Range(-90, 90)]
Longitude = Annotated[float, Range(-180, 180)]
NonNegative = Annotated[float, Range(0)]
Identifier = Annotated[str, Pattern(r"[\x21-\x7e]{1,128}")]
SessionRef = Annotated[str, Pattern(r"[A-Za-z0-9._~-]{8,128}")]
IpAddress = Annotated[str, Address()]
Base64 = Annotated[
    str,
    Pattern(r"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)"),
]
CountryCode = Annotated[str, Pattern(r"[A-Z]{2}")]
