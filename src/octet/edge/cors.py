"""Which origins may speak to this edge, and the headers that tell their browsers so (CORS)."""

from attrs import frozen
from quart import Response

from octet.serving import ProblemError

ANY = "*"
EXPOSED = "Retry-After, x-request-id"
PREFLIGHT_S = 7200
"""Browsers keep a preflight's answer for so long; Chromium's own bound."""


@frozen
class Cors:
    """The origins of ``ALLOWED_ORIGIN``."""

    origins: frozenset[str]

    def allows(self, origin: str | None) -> bool:
        """Return whether a page of *origin* may post; None is no page at all."""
        return origin is None or ANY in self.origins or origin in self.origins

    def check(self, origin: str | None) -> None:
        """Refuse a post from a foreign *origin*.

        Raises:
            ProblemError: ``origin_not_allowed``.
        """
        if not self.allows(origin):
            raise ProblemError("origin_not_allowed")

    def check_socket(self, origin: str | None) -> None:
        """Refuse a WebSocket from a foreign *origin*, or from none unless any may.

        Raises:
            ProblemError: ``origin_not_allowed``.
        """
        if origin is None and ANY not in self.origins:
            raise ProblemError("origin_not_allowed")
        self.check(origin)

    def mark(self, response: Response, origin: str | None) -> None:
        """Add the headers that *origin*'s browser wants to see."""
        if ANY not in self.origins:
            response.headers.add("vary", "Origin")
        if origin is not None and self.allows(origin):
            response.headers["access-control-allow-origin"] = ANY if ANY in self.origins else origin
            response.headers["access-control-expose-headers"] = EXPOSED

    def preflight(self) -> Response:
        """Answer an OPTIONS request."""
        return Response(
            b"",  # without a body of its own, Quart would make one under asyncio
            status=204,
            headers={
                "access-control-allow-methods": "GET, POST",
                "access-control-allow-headers": "content-type",
                "access-control-max-age": str(PREFLIGHT_S),
            },
        )
