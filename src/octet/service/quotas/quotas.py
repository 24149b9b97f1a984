"""What the service asks of the place that counts requests.

A window of a minute slides over the requests, in steps of a second, so in any minute there are at
most as many as the quota says, whenever that minute begins. A request counts for 60 to 61 seconds;
one that is refused does not count, so that who keeps trying gets in again.
"""

from typing import Final, Protocol

from octet.service.quotas.allowance import Allowance

STEP_MS: Final = 1000
STEPS: Final = 60
"""A request counts in its own step and in so many after it."""


class Quotas(Protocol):
    """Counts the requests of each credential."""

    async def take(self, jti: str, limit: int) -> Allowance | None:
        """Count one more request of the credential *jti*, unless it made *limit* in this minute.

        Returns:
            What the request is told; None when it cannot be counted, and then it passes: a store
            that is away must not turn customers away who are within their quota.
        """
