"""Every error body is a problem (RFC 9457), and every answer names its request."""

import os
import re
from collections.abc import Mapping

from attrs import field, frozen

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


@frozen
class ProblemError(Exception):
    """Answer this request with a problem."""

    code: str
    """One of `octet.schema.CODES`."""
    detail: str = ""
    headers: Mapping[str, str] = field(factory=dict)


def request_id(given: str | None) -> str:
    """Keep a usable ``x-request-id``, so that one id follows a report; else make a new one."""
    return given if given and _REQUEST_ID.fullmatch(given) else os.urandom(8).hex()
