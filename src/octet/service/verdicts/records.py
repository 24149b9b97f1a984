"""Verdicts as bytes: what is written into a shared store, and read by any version of the service.

A verdict is its JSON. What stands for a reference has two digits before that: the highest alarm
that was reported, 0 for none to 3 for high, and whether the JSON has a country; so that `put.lua`
can do what `standing` does without reading JSON. A token that says another alarm is left out here.
"""

from typing import Final

from attrs import evolve

from octet.schema import SchemaError, decode, encode
from octet.schema.verdict import Alarm, Verdict
from octet.service.errors import ServiceError

MAX_BYTES: Final = 16 * 1024
"""Of one verdict: some hundred vertices of a region, and more than any is."""

_ALARMS: Final = {str(alarm.level).encode(): alarm for alarm in Alarm}


class RecordError(ServiceError):
    """What is held cannot be read, or is too large to hold; ours, or of who wrote it there."""


def write(verdict: Verdict) -> bytes:
    """Return *verdict* as it is held.

    Raises:
        RecordError: it is too large.
    """
    text = encode(verdict)
    if len(text) > MAX_BYTES:
        raise RecordError(f"a verdict of {len(text)} bytes")
    return text


def read(record: object) -> Verdict:
    """Return the verdict of a report.

    Raises:
        RecordError: *record* is none.
    """
    try:
        return decode(Verdict, _bytes(record))
    except SchemaError as exc:
        raise RecordError("no verdict") from exc


def read_standing(record: object) -> Verdict:
    """Return what stands for a reference.

    Raises:
        RecordError: *record* is none.
    """
    text = _bytes(record)
    alarm = _ALARMS.get(text[:1])
    if alarm is None:
        raise RecordError("no alarm before the verdict")
    found = read(text[2:])
    return found if found.alarm is alarm else evolve(found, alarm=alarm, token=None)


def _bytes(record: object) -> bytes:
    if not isinstance(record, bytes):
        raise RecordError("no bytes")
    return record
