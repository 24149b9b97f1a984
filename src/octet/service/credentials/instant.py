"""Points in time as PASETO claims write them: ISO 8601 with an offset, to the second."""

from datetime import UTC, datetime
from typing import Annotated, Any

from attrs import frozen


@frozen
class IsoInstant:
    """A constraint: an ISO 8601 date and time that says its offset."""

    def check(self, value: str) -> None:
        """Raise ValueError when *value* is none."""
        to_ms(value)

    def keywords(self) -> dict[str, Any]:
        """Return the JSON Schema ``format``."""
        return {"format": "date-time"}


Instant = Annotated[str, IsoInstant()]


def to_ms(text: str) -> int:
    """Return *text* as milliseconds since the Unix epoch.

    Raises:
        ValueError: it is no ISO 8601 date and time, or leaves the offset open.
    """
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return int(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        pass
    raise ValueError("must be an ISO 8601 date and time with an offset")


def to_text(epoch_ms: int) -> str:
    """Return *epoch_ms*, milliseconds since the Unix epoch, as text in UTC, whole seconds."""
    moment = datetime.fromtimestamp(epoch_ms // 1000, tz=UTC)
    return moment.isoformat(timespec="seconds")
