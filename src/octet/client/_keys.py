"""The public keys of the service, and for how long a client trusts its copy of them.

A token names its key by an id that anyone can make up, so an unknown id must not make the client
ask the service at will: refreshes keep their distance, whoever asks for them.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Final, Self

from attrs import define, field, frozen

from octet.schema.constraints import Length

MAX_KEYS: Final = 1000
"""In one listing; an operator has two or three."""
FRESH_S: Final = 300.0
"""For how long a listing is good when the service does not say."""
MIN_FRESH_S: Final = 30.0
"""Listings are fetched no more often than this, whatever a token or ``Cache-Control`` says."""
AFTER_FAILURE_S: Final = 5.0
"""Listings that could not be fetched are tried again no sooner than this."""
MAX_FRESH_S: Final = 86_400.0
"""A key that the operator took back is trusted no longer than this."""


@frozen(kw_only=True)
class ListedKey:
    """One key as ``GET /v1/keys`` gives it; its id is derived from it, never believed."""

    paserk: str
    """``k4.public.…``"""


@frozen
class Listing:
    """The body of ``GET /v1/keys``."""

    keys: Annotated[tuple[ListedKey, ...], Length(0, MAX_KEYS)]


@frozen
class Keys:
    """A listing as it was fetched."""

    paserks: tuple[str, ...]
    fresh_s: float
    """For how long it is good, seconds."""

    @classmethod
    def of(cls, keys: Iterable[ListedKey], *, max_age_s: float | None) -> Self:
        """Bound what the service says about its listing's age."""
        fresh_s = FRESH_S if max_age_s is None else max_age_s
        paserks = tuple(key.paserk for key in keys)
        return cls(paserks, min(max(fresh_s, MIN_FRESH_S), MAX_FRESH_S))


@define
class KeyCache:
    """The keys that one client holds; pure, the clock's readings come in as *now* (seconds)."""

    _by_kid: Mapping[str, str] = field(factory=dict)
    """PASERK by key id."""
    _fresh_until: float = float("-inf")
    _good_until: float = float("-inf")
    _not_before: float = float("-inf")
    """When the service may be asked again."""
    failing: bool = False
    """Whether the last try to fetch a listing failed."""

    def due(self, kid: str, now: float) -> bool:
        """Tell whether to fetch a listing before *kid* is looked up."""
        wanted = kid not in self._by_kid or now >= self._fresh_until
        return wanted and now >= self._not_before

    def keep(self, by_kid: Mapping[str, str], fresh_s: float, now: float) -> None:
        """Hold a new listing in place of the old one."""
        self._by_kid = by_kid
        self._fresh_until = now + fresh_s
        self._good_until = now + MAX_FRESH_S
        self._not_before = now + MIN_FRESH_S
        self.failing = False

    def failed(self, now: float) -> None:
        """Note that a listing could not be fetched; the old one holds for a while."""
        self._not_before = now + AFTER_FAILURE_S
        self.failing = True

    def get(self, kid: str, now: float) -> str | None:
        """Return the key; also of a listing that should have been refreshed and could not be."""
        return self._by_kid.get(kid) if now < self._good_until else None
