"""Verdicts as bytes."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from octet.schema.verdict import Alarm, Location, Verdict
from octet.service.verdicts.records import MAX_BYTES, RecordError, read, read_standing, write
from tests.service.fakes import GERMANY

verdicts = st.builds(
    Verdict,
    country=st.none() | st.sampled_from(["DE", "FR"]),
    confidence=st.floats(0, 1),
    alarm=st.sampled_from(Alarm),
    estimated_location=st.none() | st.builds(Location, st.floats(-90, 90), st.floats(-180, 180)),
    confidence_radius_km=st.none() | st.floats(0, 20_000),
    device_key=st.none() | st.text(max_size=40),
    token=st.none() | st.text(max_size=40),
)


@given(verdicts)
def test_round_trip(verdict: Verdict) -> None:
    """What is written is read as it was."""
    assert read(write(verdict)) == verdict


@given(verdicts, st.sampled_from(Alarm))
def test_standing(verdict: Verdict, alarm: Alarm) -> None:
    """What stands has the alarm before the JSON, and no token that says another one."""
    text = b"%d1" % alarm.level + write(verdict)
    stands = read_standing(text)
    assert stands.alarm is alarm
    assert evolve(stands, alarm=verdict.alarm, token=verdict.token) == verdict
    assert stands.token == (verdict.token if alarm is verdict.alarm else None)


def test_newer_version() -> None:
    """A member that a newer version wrote is no hindrance: processes are replaced one by one."""
    assert read(write(GERMANY)[:-1] + b',"news":[1]}') == GERMANY


@pytest.mark.parametrize("record", [None, 1, "{}", b"", b"{}", b"no", b"41{}", b"01", b"-1{}"])
def test_unreadable(record: object) -> None:
    """What is no verdict is no verdict, and why repeats nothing of it."""
    for reader in (read, read_standing):
        with pytest.raises(RecordError):
            reader(record)


def test_too_large() -> None:
    """What is held has a bound."""
    region = tuple(Location(1.0 + n / 7, 1.0) for n in range(1000))
    with pytest.raises(RecordError, match="bytes"):
        write(evolve(GERMANY, feasible_region=region))
    assert len(write(evolve(GERMANY, feasible_region=region[:300]))) < MAX_BYTES
