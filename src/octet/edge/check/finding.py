"""What a check found: one fact about the set-up, and what to do about it."""

from enum import StrEnum

from attrs import frozen


class Status(StrEnum):
    """How good a fact is."""

    OK = "ok"
    WARN = "warn"
    """It works; somebody should know."""
    FAIL = "fail"
    UNKNOWN = "unknown"
    """It could not be found out."""


@frozen
class Finding:
    """One line of the report; never a secret in it."""

    name: str
    """Of what was looked at; stays the same from version to version."""
    status: Status
    text: str
    remedy: str = ""
    """What to do; empty where there is nothing to be done."""


def ok(name: str, text: str) -> Finding:
    """Say that *name* is as it should be."""
    return Finding(name, Status.OK, text)


def warn(name: str, text: str, remedy: str = "") -> Finding:
    """Say what somebody should know of *name*."""
    return Finding(name, Status.WARN, text, remedy)


def fail(name: str, text: str, remedy: str) -> Finding:
    """Say what is wrong with *name*, and what to do."""
    return Finding(name, Status.FAIL, text, remedy)


def unknown(name: str, text: str, remedy: str = "") -> Finding:
    """Say why nothing is known of *name*."""
    return Finding(name, Status.UNKNOWN, text, remedy)
