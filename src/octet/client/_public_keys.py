"""Checking a verdict token where no client is: by keys that are at hand, or fetched in a while."""

import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

import httpx

from octet.client import _clock
from octet.client._request import Options
from octet.client._sync_shell import SyncShell, blocking_client
from octet.client._tokens import VerifiedVerdict, Wanted, by_kid, key_id, read_token


class PublicKeys:
    """The public keys of a service, fetched when needed and kept for a while; needs no partner key.

    Make one, use it from as many threads as you like, and close it: as ``with``, or by `close`.
    However many tokens name however many keys, the service is asked at most twice a minute.

    Args:
        base_url: of the service, ``https://octet.example``; may have a path prefix.
        timeout_s: the most that fetching the keys may take.
        transport: carries the requests in place of a real connection, for tests.

    Raises:
        ValueError: an argument cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeout_s: float = 5.0,
        transport: httpx.BaseTransport | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        options = Options(timeout_s=timeout_s)
        http = blocking_client(options.http(base_url, None), transport)
        self._shell = SyncShell(http, options.plans(monotonic), sleep)

    def __enter__(self) -> Self:
        """Return the keys, ready to use."""
        self._shell.http.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Close the connections."""
        self._shell.http.__exit__(exc_type, exc, traceback)

    def close(self) -> None:
        """Close the connections. Closing twice is harmless."""
        self._shell.http.close()

    def find(self, kid: str) -> str | None:
        """Return the key *kid* as PASERK; None when the service knows no such key.

        Raises:
            OctetError: the keys could not be fetched, and none fetched before will do.
        """
        return self._shell.key(kid)


def verify_token(  # noqa: PLR0913 - whose token, of what, each by name
    token: str,
    *,
    keys: PublicKeys | Iterable[str],
    partner: str,
    ref: str | None = None,
    live: bool = True,
    epoch_s: Callable[[], float] = _clock.epoch_s,
) -> VerifiedVerdict:
    """Check a verdict token, without a client.

    Args:
        token: as `Verdict.token` was, from wherever it came.
        keys: whose signature counts: the service's keys as it publishes them, or some of them as
            PASERK (``k4.public.…``), which makes this a computation without any request.
        partner: your own id, the token's ``aud``.
        ref: the session's reference, the token's ``sub``; None to take any.
        live: False to take tokens of test credentials, and those only.
        epoch_s: the wall clock.

    Raises:
        TokenError: it proves nothing; `code` says which check failed.
        OctetError: the keys could not be fetched, and none that was fetched before will do.
        ImportError: the extra ``octet[tokens]`` is not installed.
    """
    kid = key_id(token)
    paserk = keys.find(kid) if isinstance(keys, PublicKeys) else by_kid(keys).get(kid)
    wanted = Wanted(partner=partner, live=live, ref=ref)
    return read_token(token, paserk, wanted, now_s=epoch_s())
