"""What of a post, besides its licence and its body, a licence may make demands on."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final, Self

from attrs import field, frozen

from octet.service.loopback import came_by_loopback
from octet.serving.connection import CLIENT_CERTIFICATE

DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}


@frozen(kw_only=True)
class Post:
    """The head of a request, in the terms of RFC 9421."""

    method: str = "POST"
    authority: str = ""
    """The Host field in lower case, without a default port."""
    path: str = "/v1/signals"
    """As it stands in the request line, without the query."""
    fields: Mapping[str, str] = field(factory=dict)
    """By lower-case name; of a field that came several times, all values with commas between."""
    client_certificate: str | None = None
    """SHA-256 of the certificate that the client proved to have, hex."""
    loopback: bool = False
    """Whether it came from this machine."""

    @classmethod
    def of(cls, scope: Mapping[str, Any]) -> Self:
        """Return what the ASGI *scope* of a request says."""
        fields: defaultdict[str, list[str]] = defaultdict(list)
        for name, value in scope["headers"]:
            fields[name.decode("latin-1").lower()].append(value.decode("latin-1").strip())
        joined = {name: ", ".join(values) for name, values in fields.items()}
        default_port = DEFAULT_PORTS.get(scope["scheme"], "")
        return cls(
            method=scope["method"],
            authority=joined.get("host", "").lower().removesuffix(default_port),
            path=scope.get("raw_path", b"").decode("latin-1").partition("?")[0],
            fields=joined,
            client_certificate=scope.get("state", {}).get(CLIENT_CERTIFICATE),
            loopback=came_by_loopback(scope),
        )
