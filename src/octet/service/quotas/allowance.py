"""What one request was told about its quota."""

from collections.abc import Mapping
from math import ceil

from attrs import frozen


@frozen(kw_only=True)
class Allowance:
    """Whether a request may pass, and what is left after it."""

    admitted: bool
    limit: int
    """Requests in any minute."""
    remaining: int
    """Requests that would pass right now."""
    reset_s: float
    """Until more of them do, seconds: then the oldest requests that count cease to."""

    def headers(self) -> Mapping[str, str]:
        """Return ``RateLimit-*``, whole seconds; for a refused request ``Retry-After`` as well."""
        reset = str(max(1, ceil(self.reset_s)))
        fields = {
            "ratelimit-limit": str(self.limit),
            "ratelimit-remaining": str(self.remaining),
            "ratelimit-reset": reset,
        }
        return fields if self.admitted else fields | {"retry-after": reset}
