"""A request's header as it was received, without what must not leave the customer's host."""

from collections.abc import Iterable
from typing import Final

CREDENTIALS: Final = frozenset({"cookie", "authorization", "proxy-authorization"})
"""Their values never leave the edge."""


def read_headers(
    raw: Iterable[tuple[bytes, bytes]], redact: frozenset[str]
) -> tuple[tuple[str, str], ...]:
    """Return names and values in order and original case; redacted values are empty.

    Args:
        raw: as the ASGI scope carries them.
        redact: lower-case names whose values to blank, besides `CREDENTIALS`.
    """
    hidden = CREDENTIALS | redact
    return tuple(
        (name, "" if name.strip().lower() in hidden else value)
        for name, value in ((n.decode("latin-1"), v.decode("latin-1")) for n, v in raw)
    )
