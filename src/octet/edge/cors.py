"""Which origins may speak to this edge, and the headers that tell their browsers so (CORS)."""

from collections.abc import Mapping

from attrs import frozen

from octet.serving import ProblemError

ANY = "*"
EXPOSED = "Retry-After, x-request-id"
_EXPOSE: Mapping[str, str] = {"access-control-expose-headers": EXPOSED}
PREFLIGHT_S = 7200
"""Browsers keep a preflight's answer for so long; Chromium's own bound."""

PREFLIGHT: Mapping[str, str] = {
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers": "content-type",
    "access-control-max-age": str(PREFLIGHT_S),
}
"""What the answer to an OPTIONS request carries besides `Cors.headers`."""


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

    def headers(self, origin: str | None) -> Mapping[str, str]:
        """Return what *origin*'s browser wants to see on every reply.

        A reply that does not depend on the origin says so even where none was asked for: a browser
        keeps the collector from a plain ``<script>``, whose request names no origin, and shows the
        copy to a later ``<script crossorigin integrity>``. One that does depend always says that.
        """
        if ANY in self.origins:
            return {"access-control-allow-origin": ANY, **_EXPOSE}
        vary = {"vary": "Origin"}
        if origin is None or not self.allows(origin):
            return vary
        return {**vary, "access-control-allow-origin": origin, **_EXPOSE}
