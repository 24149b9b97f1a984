"""Where pages reach the edge: the URL that they give to the collector."""

import ipaddress
from typing import Final

import httpx
from attrs import frozen

from octet.edge.config import read_http_url, read_origin

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@frozen
class Target:
    """``apiUrl``, taken apart."""

    url: str
    """Without a slash at its end."""

    @classmethod
    def read(cls, text: str) -> "Target":
        """Read a URL.

        Raises:
            ValueError: it is none of http or https, or has a query.
        """
        return cls(read_http_url(text))

    @property
    def secure(self) -> bool:
        """Whether it is reached by TLS."""
        return self._parts.scheme == "https"

    @property
    def host(self) -> str:
        """The name or the address, without brackets."""
        return self._parts.raw_host.decode("ascii")

    @property
    def port(self) -> int:
        """The port."""
        return self._parts.port or _DEFAULT_PORTS[self._parts.scheme]

    @property
    def authority(self) -> str:
        """What the Host header says."""
        return self._parts.netloc.decode("ascii")

    @property
    def local(self) -> bool:
        """Whether browsers take this machine to be meant (Secure Contexts, 3.1)."""
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def origin(self) -> str:
        """The origin of a page at the same place."""
        return read_origin(f"{self._parts.scheme}://{self.authority}")

    def resource(self, path: str) -> str:
        """Return the request's target for *path*, with its query, below the base."""
        return self._parts.path.rstrip("/") + path

    @property
    def _parts(self) -> httpx.URL:
        return httpx.URL(self.url)
