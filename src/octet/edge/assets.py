"""The collector's files, read once at start-up."""

import hashlib
from collections.abc import Mapping
from importlib.resources import files
from typing import Final

from attrs import frozen

from octet.serving import ConfigError

CONTENT_TYPES: Final[Mapping[str, str]] = {
    "octet-collector.js": "text/javascript; charset=utf-8",
    "octet-collector.mjs": "text/javascript; charset=utf-8",
    "octet-collector.js.sri": "text/plain; charset=utf-8",
}
YEAR: Final = "public, max-age=31536000, immutable"
"""For a URL that names its version (``?v=``)."""
REVALIDATE: Final = "public, max-age=300, must-revalidate"


@frozen
class Asset:
    """One file."""

    content: bytes
    content_type: str
    etag: str
    """Without quotes."""


def load_assets() -> Mapping[str, Asset]:
    """Read the files that the collector's build left.

    Raises:
        ConfigError: the collector was not built.
    """
    directory = files("octet.edge") / "collector"
    try:
        contents = {name: (directory / name).read_bytes() for name in CONTENT_TYPES}
    except OSError as exc:
        raise ConfigError(["the collector's files are not there: run `make setup`"]) from exc
    return {
        name: Asset(content, CONTENT_TYPES[name], hashlib.sha256(content).hexdigest()[:32])
        for name, content in contents.items()
    }
