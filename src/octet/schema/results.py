"""What the service answers to a batch: one result an envelope, in order."""

from typing import Any

from attrs import frozen

from octet.schema.problem import Problem


@frozen
class Accepted:
    """The envelope was judged and its verdict is stored."""

    id: str
    """The envelope's id; empty where none could be read."""
    verdict: dict[str, Any] | None = None
    """The verdict as it stands on the wire, when the envelope asked for it; opaque to the edge."""


@frozen
class Refused:
    """The envelope was not taken; the others were not harmed."""

    id: str
    problem: Problem


@frozen
class Results:
    """The body of the answer."""

    results: tuple[Accepted | Refused, ...]
