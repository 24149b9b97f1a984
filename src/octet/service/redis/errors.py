"""What can go wrong between the service and its Redis.

OverloadedError       the same request may succeed in a moment
 ├─ AwayError         there is no connection, or no answer in time: it may come back
 └─ RefusingError     Redis answered that it will not: out of memory, not permitted
"""

import re
from typing import Final

from coredis.exceptions import RedisError

from octet.service.errors import OverloadedError

_CODE: Final = re.compile(r"[A-Z]{3,}(?= |$)")
_NAMED: Final = {
    "AuthenticationFailureError": "WRONGPASS",
    "AuthenticationRequiredError": "NOAUTH",
    "AuthorizationError": "NOPERM",
    "BusyLoadingError": "LOADING",
    "ReadOnlyError": "READONLY",
    "WrongTypeError": "WRONGTYPE",
}
"""Those of Redis's codes that the client library cuts off, by the class it makes of them."""


class AwayError(OverloadedError):
    """Redis cannot be reached, or does not answer in time."""

    def __init__(self) -> None:
        super().__init__("the verdict store cannot be reached")


class RefusingError(OverloadedError):
    """Redis answered that it will not."""

    def __init__(self, code: str) -> None:
        super().__init__(_told(code))
        self.code = code
        """Redis's own word for it, such as ``OOM``."""


def _told(code: str) -> str:
    return "the verdict store is full" if code == "OOM" else "the verdict store refuses"


def code_of(error: RedisError) -> str:
    """Return the code of an answer, and nothing else of it: the rest may repeat what was sent."""
    named = _NAMED.get(type(error).__name__)
    if named is not None:
        return named
    found = _CODE.match(str(error))
    return found[0] if found else type(error).__name__
