"""Which origins may speak to the edge."""

from contextlib import nullcontext

import pytest

from octet.edge.cors import Cors
from octet.serving import ProblemError

OWN = "https://yourapp.com"


@pytest.mark.parametrize(
    ("origins", "origin", "may_post", "may_open"),
    [
        ({"*"}, None, True, True),
        ({"*"}, OWN, True, True),
        ({OWN}, OWN, True, True),
        ({OWN}, None, True, False),
        ({OWN}, "https://yourapp.com.evil.com", False, False),
        ({OWN}, "http://yourapp.com", False, False),
        ({OWN}, "null", False, False),
    ],
)
def test_origins(origins: set[str], origin: str | None, may_post: bool, may_open: bool) -> None:
    """An origin is allowed as a whole or not at all; none at all opens no socket."""
    cors = Cors(frozenset(origins))
    for check, allowed in ((cors.check, may_post), (cors.check_socket, may_open)):
        with nullcontext() if allowed else pytest.raises(ProblemError, match="origin_not_allowed"):
            check(origin)


@pytest.mark.parametrize(
    ("origins", "origin", "granted", "vary"),
    [
        ({"*"}, OWN, "*", None),
        ({"*"}, None, None, None),
        ({OWN}, OWN, OWN, "Origin"),
        ({OWN}, "https://evil.com", None, "Origin"),
    ],
)
def test_headers(
    origins: set[str], origin: str | None, granted: str | None, vary: str | None
) -> None:
    """The headers name the origin that is allowed, and caches learn that they depend on it."""
    headers = Cors(frozenset(origins)).headers(origin)
    assert headers.get("access-control-allow-origin") == granted
    assert headers.get("vary") == vary
