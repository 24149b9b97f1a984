"""The set-up from within: the settings, and the service as the edge itself will reach it."""

from collections.abc import Awaitable, Callable
from typing import Final

import httpx
import trio
from attrs import frozen

from octet.edge.batch_names import BatchNames
from octet.edge.cautions import cautions
from octet.edge.check import license as licence
from octet.edge.check import service, skew
from octet.edge.check.finding import Finding, ok, unknown, warn
from octet.edge.check.trouble import Trouble, trouble_of
from octet.edge.clock import EpochMs
from octet.edge.config import EdgeConfig
from octet.edge.upstream import open_upstream, read_trust

PATIENCE_S: Final = 10.0
"""For one answer of the service."""
_NOT_REACHED = "the service was not reached"


@frozen
class _Answer:
    reply: httpx.Response
    asked_ms: int
    answered_ms: int


async def check_inside(config: EdgeConfig, epoch_ms: EpochMs) -> list[Finding]:
    """Ask the service what an edge with *config* would ask it.

    Cancellation: nothing remains. Timeout: `PATIENCE_S` an answer.
    """
    async with open_upstream(config, read_trust(config), epoch_ms) as upstream:
        health = await _ask(upstream.ask_health, epoch_ms)
        if isinstance(health, Trouble):
            reached = service.judge_trouble(config, health)
            rest = [unknown(name, _NOT_REACHED) for name in (skew.NAME, licence.NAME)]
            return [*_settings(config), reached, *rest]
        reached = service.judge_health(config, health.reply.status_code)
        clock = skew.judge_service(
            health.reply.headers,
            health.asked_ms,
            health.answered_ms,
            signs=config.signing_key is not None,
        )
        posted = await _ask(lambda: upstream.post_nothing(BatchNames.of([])), epoch_ms)
    return [*_settings(config), reached, clock, _licence(config, posted)]


async def _ask(
    ask: Callable[[], Awaitable[httpx.Response]], epoch_ms: EpochMs
) -> _Answer | Trouble:
    asked_ms = epoch_ms()
    try:
        with trio.fail_after(PATIENCE_S):
            reply = await ask()
    except (httpx.TransportError, trio.TooSlowError) as exc:
        return trouble_of(exc)
    return _Answer(reply, asked_ms, epoch_ms())


def _settings(config: EdgeConfig) -> list[Finding]:
    key = config.signing_key
    signed = f"; forwards are signed by key {key.key_id}, public {key.public}" if key else ""
    usable = ok("configuration", f"all settings and their files can be used{signed}")
    return [usable, *(warn("configuration", caution) for caution in cautions(config))]


def _licence(config: EdgeConfig, posted: _Answer | Trouble) -> Finding:
    if isinstance(posted, Trouble):
        return unknown(licence.NAME, f"a post got no answer: {posted.text}", "try again")
    reply = posted.reply
    return licence.judge_license(
        reply.status_code, reply.content, config.license, posted.answered_ms
    )
