"""Requests counted in Redis, so that all processes share one count."""

from pathlib import Path
from typing import Final

from octet.service.errors import OverloadedError
from octet.service.quotas.allowance import Allowance
from octet.service.quotas.quotas import STEP_MS, STEPS
from octet.service.redis.link import RedisLink
from octet.service.redis.prefix import PREFIX

_COUNT: Final = Path(__file__).with_name("count.lua").read_text(encoding="ascii")


class RedisQuotas:
    """The `Quotas` of many processes."""

    def __init__(self, link: RedisLink, *, step_ms: int = STEP_MS, steps: int = STEPS) -> None:
        """Count by way of *link*, in a window of so many steps."""
        self._link = link
        self._step_ms = step_ms
        self._steps = steps

    async def take(self, jti: str, limit: int) -> Allowance | None:
        """Count one more request of *jti*, in one step of Redis's.

        Cancellation: it is counted or not. Timeout: the link's.
        """
        key = f"{PREFIX}:quota:{jti}"
        try:
            admitted, remaining, reset_ms = await self._link.ask(
                b"EVAL", _COUNT, 1, key, limit, self._step_ms, self._steps
            )
        except OverloadedError:
            return None
        return Allowance(
            admitted=bool(admitted), limit=limit, remaining=remaining, reset_s=reset_ms / 1000
        )
