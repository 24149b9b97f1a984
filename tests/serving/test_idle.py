"""The idle deadline under a virtual clock."""

from types import SimpleNamespace

import pytest
import trio
from trio.testing import MockClock

from octet.serving.idle import IdleDeadline


async def _expiry_s(script: list[tuple[float, str]], *, terminated_at_s: float = 1e9) -> float:
    """Do what *script* says at its times; return when the deadline passed, -1 if it never did."""
    began_s, expired_s = trio.current_time(), -1.0
    idle = IdleDeadline(
        first_s=5,
        keep_alive_s=60,
        busy_s=90,
        terminated=lambda: trio.current_time() - began_s >= terminated_at_s,
    )

    async def expired() -> None:
        nonlocal expired_s
        expired_s = trio.current_time() - began_s

    async with trio.open_nursery() as nursery:
        group = SimpleNamespace(_nursery=nursery)
        for at_s, step in script:
            await trio.sleep_until(began_s + at_s)
            match step:
                case "restart":
                    await idle.restart(group, expired)
                case "stop":
                    await idle.stop()
                case "hurry":
                    idle.hurry(5)
                case "drain":
                    idle.drain()
                case "finish":
                    idle.finish()
    return expired_s


@pytest.mark.parametrize(
    ("script", "expiry_s"),
    [
        ([(0, "restart")], 5),
        ([(0, "restart"), (1, "stop"), (2, "restart")], 62),
        ([(0, "restart"), (4, "restart")], 5),
        ([(0, "restart"), (1, "stop"), (2, "restart"), (50, "restart")], 62),
        ([(0, "restart"), (1, "stop")], 91),
        ([(0, "restart"), (4, "hurry")], 5),
        ([(0, "restart"), (1, "stop"), (2, "restart"), (10, "hurry"), (14, "hurry")], 15),
        ([(0, "restart"), (1, "stop"), (2, "hurry")], 91),
        ([(0, "restart"), (2, "finish")], -1),
        ([(0, "restart"), (2, "drain")], 5),
    ],
)
async def test_deadline(
    autojump_clock: MockClock, script: list[tuple[float, str]], expiry_s: float
) -> None:
    """Each state of a connection has its own deadline, and what began last holds."""
    assert await _expiry_s(script) == pytest.approx(expiry_s)


@pytest.mark.parametrize(
    ("script", "expiry_s"),
    [
        ([(0, "restart"), (3, "drain")], 3),
        ([(0, "restart"), (1, "stop"), (3, "drain"), (4, "restart")], 4),
        ([(3, "restart")], 3),
    ],
)
async def test_terminating_server_lets_nothing_idle(
    autojump_clock: MockClock, script: list[tuple[float, str]], expiry_s: float
) -> None:
    """Once the server terminates, an idle connection ends at once, a busy one when done."""
    assert await _expiry_s(script, terminated_at_s=3) == pytest.approx(expiry_s)
