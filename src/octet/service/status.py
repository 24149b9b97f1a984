"""What the service says of itself."""

from attrs import frozen


@frozen
class Health:
    """The body of ``GET /health``: the process lives."""

    ok: bool
    version: str


@frozen
class Ready:
    """The body of ``GET /ready``."""

    ok: bool
    reasons: tuple[str, ...]
    """In words for the operator, why not; empty when it is."""
