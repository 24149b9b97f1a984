"""Every error body is a problem (RFC 9457), and every answer names its request."""

import os
import re
from collections.abc import Mapping
from typing import Final

from attrs import field, frozen

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
_ID_BYTES: Final = 8
_IDS_AT_ONCE: Final = 64


@frozen
class ProblemError(Exception):
    """Answer this request with a problem."""

    code: str
    """One of `octet.schema.CODES`."""
    detail: str = ""
    headers: Mapping[str, str] = field(factory=dict)


class _FreshIds:
    """Ids of eight random bytes, drawn many at once: each call of the kernel counts at an edge.

    A worker that is forked draws its own.
    """

    def __init__(self) -> None:
        self._drawn: list[str] = []
        os.register_at_fork(after_in_child=self._drawn.clear)

    def take(self) -> str:
        if not self._drawn:
            digits = os.urandom(_ID_BYTES * _IDS_AT_ONCE).hex()
            width = 2 * _ID_BYTES
            self._drawn += [digits[at : at + width] for at in range(0, len(digits), width)]
        return self._drawn.pop()


_fresh_ids: Final = _FreshIds()


def request_id(given: str | None) -> str:
    """Keep a usable ``x-request-id``, so that one id follows a report; else make a new one."""
    return given if given and _REQUEST_ID.fullmatch(given) else _fresh_ids.take()
