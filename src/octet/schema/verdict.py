"""The verdict: all that leaves the service about a session, and all that may."""

from enum import StrEnum
from typing import Annotated, Any

from attrs import field, frozen

from octet.schema.constraints import (
    CountryCode,
    Latitude,
    Longitude,
    NonNegative,
    Range,
    SessionRef,
)


class Alarm(StrEnum):
    """How cautious to be, in rising order: ``Alarm.LOW < Alarm.HIGH``."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def level(self) -> int:
        """0 for ``none`` to 3 for ``high``."""
        return list(Alarm).index(self)

    def __lt__(self, other: Any) -> bool:
        """Compare by level."""
        return self.level < Alarm(other).level

    def __le__(self, other: Any) -> bool:
        """Compare by level."""
        return self.level <= Alarm(other).level

    def __gt__(self, other: Any) -> bool:
        """Compare by level."""
        return self.level > Alarm(other).level

    def __ge__(self, other: Any) -> bool:
        """Compare by level."""
        return self.level >= Alarm(other).level


@frozen
class Location:
    """A point on the earth (WGS 84)."""

    lat: Latitude
    """Degrees north."""
    lon: Longitude
    """Degrees east."""


@frozen(kw_only=True)
class Verdict:
    """In which country the browser is, how sure that is, and how cautious to be."""

    country: CountryCode | None = None
    """ISO 3166-1 alpha-2; absent when there was not enough signal."""
    confidence: Annotated[float, Range(0, 1)]
    alarm: Alarm
    estimated_location: Location | None = None
    confidence_radius_km: NonNegative | None = None
    """Of the circle about the estimated location that holds 90 % of the probability."""
    feasible_region: tuple[Location, ...] | None = None
    """Open ring of vertices; only from three or more landmarks."""
    device_key: str | None = None
    """Recognises a returning browser, per partner."""
    token: str | None = field(default=None, repr=False)  # reprs reach logs
    """This verdict as a PASETO v4.public token."""

    def is_confident(self, threshold: float) -> bool:
        """Tell whether there is a country, and *threshold* (0 to 1) or more confidence in it.

        How much is enough is for who uses the verdict to say.

        Raises:
            ValueError: *threshold* is not from 0 to 1; 80 is no threshold, 0.8 is.
        """
        if not 0 <= threshold <= 1:
            raise ValueError("threshold must be from 0 to 1")
        return self.country is not None and self.confidence >= threshold


@frozen
class Pending:
    """There is no verdict for this reference (yet)."""

    ref: SessionRef
