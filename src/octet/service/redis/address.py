"""Where Redis is: ``OCTET_STORE`` read once, its secrets kept out of every text."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from attrs import field, frozen

DEFAULT_PORT: Final = 6379
MAX_DB: Final = 2**31
SCHEMES: Final = ("redis", "rediss", "unix")
FORMS: Final = "memory://, redis://HOST, rediss://HOST or unix:///PATH"

_TLS_FILES: Final = frozenset({"ssl_ca_certs", "ssl_certfile", "ssl_keyfile"})


@frozen(kw_only=True)
class RedisAddress:
    """One Redis, and who we are there."""

    host: str = ""
    """Name or address; empty for a socket of this machine."""
    port: int = DEFAULT_PORT
    path: str = ""
    """Of the Unix socket; empty for TCP."""
    db: int = 0
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = field(default=None, repr=False, eq=False)
    """Verifies the server's certificate and name; None: plain."""

    def __str__(self) -> str:
        """Return what a log may say."""
        place = self.path or f"{self.host}:{self.port}"
        return f"{place} db {self.db}{' (TLS)' if self.tls else ''}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a URL.

        ``redis://[user][:password@]host[:port][/db]``, ``rediss://…`` with TLS,
        ``unix://[user][:password@]/path[?db=n]``. User, password and path may be percent-encoded.
        ``rediss`` takes ``?ssl_ca_certs=FILE`` in place of the system's authorities, and
        ``ssl_certfile``, ``ssl_keyfile`` for a certificate of ours.

        Raises:
            ValueError: what is wrong, without a word of *text*.
        """
        try:
            url = urlsplit(text)
            port = url.port
        except ValueError:
            raise ValueError("is no URL") from None
        if url.scheme not in SCHEMES:
            raise ValueError(f"must be {FORMS}")
        options = _options(url)
        local = url.scheme == "unix"
        if local is bool(url.hostname) or (local and url.path in {"", "/"}):
            raise ValueError(f"must be {FORMS}")
        return cls(
            host=url.hostname or "",
            port=DEFAULT_PORT if port is None else port,
            path=unquote(url.path) if local else "",
            db=_db(options.get("db", "") if local else url.path.removeprefix("/")),
            username=unquote(url.username) if url.username else None,
            password=unquote(url.password) if url.password else None,
            tls=_tls(options) if url.scheme == "rediss" else None,
        )


def _options(url: SplitResult) -> Mapping[str, str]:
    """Return the query, which has only what the scheme knows, each once."""
    known: frozenset[str] = {"rediss": _TLS_FILES, "unix": frozenset({"db"})}.get(
        url.scheme, frozenset()
    )
    options = parse_qs(url.query, keep_blank_values=True)
    if url.fragment or not known.issuperset(options) or any(len(v) > 1 for v in options.values()):
        raise ValueError("has options that are not known")
    return {name: value for name, (value,) in options.items()}


def _db(text: str) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdigit()) or int(text[:20]) > MAX_DB:
        raise ValueError("must name its database by a number")
    return int(text)


def _tls(options: Mapping[str, str]) -> ssl.SSLContext:
    ours = options.get("ssl_certfile"), options.get("ssl_keyfile")
    authorities = options.get("ssl_ca_certs")
    if (ours[0] is None) is not (ours[1] is None):
        raise ValueError("must have ssl_certfile and ssl_keyfile both or not at all")
    try:
        context = ssl.create_default_context(cafile=authorities and str(Path(authorities)))
        if ours[0] is not None:
            context.load_cert_chain(ours[0], ours[1])
    except (OSError, ValueError):  # ssl.SSLError is an OSError
        raise ValueError("names files for TLS that cannot be used") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
