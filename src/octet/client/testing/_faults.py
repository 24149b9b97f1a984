"""What can go wrong with a request, on purpose."""

from typing import TypeAlias

from attrs import frozen


@frozen
class Refuse:
    """Answer with a problem."""

    code: str
    retry_after_s: int | None


@frozen
class Stall:
    """Take so long before anything else, seconds."""

    seconds: float


@frozen
class Garble:
    """Answer with what is no contract."""

    status: int
    body: bytes
    content_type: str


@frozen
class HangUp:
    """Close the connection without an answer."""


Fault: TypeAlias = Refuse | Stall | Garble | HangUp
