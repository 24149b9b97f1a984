"""What every request of a client is made of, checked when the client is made."""

import re
from collections.abc import Callable, Mapping
from random import Random, SystemRandom
from typing import Any, Final

import httpx
from attrs import frozen

from octet import __version__
from octet.client._errors import ServiceUnavailableError
from octet.client._patience import Patience
from octet.client._plans import Plans

MAX_CONNECTIONS: Final = 1000
"""Of one client, unless it is told otherwise: each waiting long poll holds a connection."""
MAX_IDLE_CONNECTIONS: Final = 100
"""Of one client: what is kept open for the next request."""
RETRIES: Final = 2
"""After a first failure, unless a client is told otherwise."""


@frozen(kw_only=True)
class Options:
    """How a client behaves, as its constructor took it.

    Raises:
        ValueError: a value cannot be used.
    """

    timeout_s: float = 5.0
    retries: int = RETRIES
    max_connections: int = MAX_CONNECTIONS
    rng: Random | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse what would never answer."""
        if not 0 < self.timeout_s < float("inf"):
            raise ValueError("timeout_s must be greater than 0, and finite")
        if self.retries < 0:
            raise ValueError("retries must be 0 or more")
        if self.max_connections < 1:
            raise ValueError("max_connections must be 1 or more")

    def plans(self, now: Callable[[], float]) -> Plans:
        """Return what makes the client's plans; *now* is seconds, never going back.

        By default processes that were forked from one another share no random state.
        """
        return Plans(self.timeout_s, Patience(self.retries, self.rng or SystemRandom()), now)

    def http(self, base_url: str, partner_key: str | None) -> dict[str, Any]:
        """Return the arguments that both of httpx's clients take.

        Raises:
            ValueError: *base_url* or *partner_key* cannot be used.
        """
        return {
            "base_url": _checked_url(base_url),
            "headers": _headers(partner_key),
            "timeout": None,  # one deadline over each whole request, in the shells
            "limits": httpx.Limits(
                max_connections=self.max_connections,
                max_keepalive_connections=min(self.max_connections, MAX_IDLE_CONNECTIONS),
            ),
        }


def is_live(partner_key: str) -> bool:
    """Tell a live key from a test key, by the prefix that is there for people and programs."""
    return not partner_key.startswith("octet_test_")


def late(limit_s: float) -> ServiceUnavailableError:
    """Return the error of a reply that did not come in time."""
    return ServiceUnavailableError(f"no reply within {max(0.0, limit_s):.3g} s")


def broken(exc: httpx.TransportError) -> ServiceUnavailableError:
    """Return the error of a network that failed."""
    return ServiceUnavailableError(
        f"no reply: {type(exc).__name__}{f': {exc}' if str(exc) else ''}"
    )


def _headers(partner_key: str | None) -> Mapping[str, str]:
    headers = {
        "accept": "application/json, application/problem+json",
        "accept-encoding": "identity",  # small, and no bomb unpacks itself
        "user-agent": f"octet-python/{__version__}",
    }
    if partner_key is not None:
        headers["x-octet-partner-key"] = _checked_key(partner_key)
    return headers


def _checked_url(base_url: str) -> httpx.URL:
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL as exc:
        raise ValueError(f"base_url cannot be read: {exc}") from exc
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("base_url must start with https:// or http:// and a host")
    if url.userinfo or url.query or url.fragment:
        raise ValueError("base_url must have no user, query or fragment")
    return url


def _checked_key(partner_key: str) -> str:
    """Return *partner_key*; a wrong one must not come back in h11's own words."""
    if re.fullmatch(r"[\x21-\x7e]+", partner_key) is None:
        raise ValueError("partner_key must be printable ASCII without spaces")
    return partner_key
