"""The wall clock."""

from datetime import UTC, datetime

from octet.service.clock import epoch_ms


def test_epoch_ms() -> None:
    """It is milliseconds since 1970, now."""
    before = datetime.now(tz=UTC).timestamp() * 1000
    assert before - 1 <= epoch_ms() <= before + 60_000
