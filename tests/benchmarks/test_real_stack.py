"""The measurement of real stacks: its ground, its programs, and what is told of a visit."""

import sys
from pathlib import Path
from typing import Any

import pytest
import trio

from benchmarks.real_stack import tables
from benchmarks.real_stack.cases import CASES, Case, Way
from benchmarks.real_stack.ground import ground
from benchmarks.real_stack.people import BERLIN, PEOPLE
from benchmarks.real_stack.program import answering, saying
from benchmarks.real_stack.sight import sight
from benchmarks.real_stack.triangle import EXIT
from octet.schema import unstructure
from octet.service.atlas import Atlas
from octet.service.config import DEFAULT_ATLAS
from octet.service.engine import Engine
from tests.service.engine.sessions import session


@pytest.mark.parametrize(
    ("way", "kernel_ms", "gap_ms"),
    [
        (Way.DIRECT, 60, 0),
        (Way.OPENVPN, 70, 0),
        (Way.WIREGUARD, 70, 0),
        (Way.MICROSOCKS, 10, 60),
        (Way.TINYPROXY, 10, 60),
        (Way.HAPROXY, 10, 60),
    ],
)
def test_what_is_set(way: Way, kernel_ms: float, gap_ms: float) -> None:
    """The kernel sees as far as what ends TCP, and Δ is the rest."""
    case = Case(way=way, person=BERLIN, user_ms=30, exit_ms=5)
    assert (case.kernel_ms, case.gap_ms) == (kernel_ms, gap_ms)


def test_visitors_live_where_the_tables_say() -> None:
    """Every visitor's address is of the own country in all tables, and the exit's is Dutch."""
    atlas = Atlas.load(DEFAULT_ATLAS)
    countries = [person.country for person in PEOPLE] + ["NL"]
    votes, _, _ = atlas.addresses.look_up([*(person.address for person in PEOPLE), EXIT])
    for country, named in zip(countries, votes.tolist(), strict=True):
        assert {atlas.countries[row] for row in named} == {country}


def test_sight() -> None:
    """Of an envelope Δ is told, and the engine's verdict; what the edge did not see is None."""
    engine = Engine(Atlas.load(DEFAULT_ATLAS))
    envelope = session(EXIT, kernel_ms=10, delta_ms=80)
    verdict = {"country": "GB", "confidence": 0.9, "alarm": "none"}
    seen = {"envelope": unstructure(envelope), "verdict": verdict, "late": True}
    figures = sight(engine, seen)
    assert (figures["late"], figures["serviceAgrees"]) == (True, False)
    assert (figures["kernelMinRttUs"], figures["deltaUs"]) == (10_000, 80_000)
    assert (figures["syn"], figures["ja4"]) == (None, None)
    judged = figures["engine"]
    assert judged["transport"]["proxy"] == max(judged["transport"].values())
    [own] = engine.judge([envelope])
    assert (judged["country"], judged["alarm"]) == (own.country, own.alarm)
    assert sight(engine, seen | {"verdict": unstructure(own)})["serviceAgrees"]


def visit(delta_us: int, alarm: str = "none") -> dict[str, Any]:
    syn = {"mss": 1380, "ttl": 63, "window": 64860, "scale": 10, "options": "mss sack"}
    judged = {
        "transport": {"vpn": 0.75, "direct": 0.25},
        "country": None,
        "confidence": 0.3,
        "alarm": alarm,
    }
    return {
        "late": False,
        "kernelMinRttUs": 20_000,
        "appMinRttUs": 20_000 + delta_us,
        "deltaUs": delta_us,
        "volleys": 24,
        "syn": syn,
        "ja4": "t13",
        "engine": judged,
    }


ROW = {
    "browser": "chromium",
    "way": "OpenVPN",
    "person": {"country": "DE", "time_zone": "Europe/Berlin"},
    "set_kernel_ms": 20.0,
    "set_gap_ms": 0.0,
    "failures": ["it threw"],
    "withoutReceipt": 1,
    "visits": [visit(1000), visit(2000, "high"), visit(6000, "high")],
}
EMPTY = ROW | {"visits": []}


def test_tables() -> None:
    """Medians stand with their range, what differs between visits with its count."""
    (row,) = tables.timing([ROW]).splitlines()[2:]
    kernel, application, gap = "20.0 (20.0 – 20.0)", "22.0 (21.0 – 26.0)", "2.0 (1.0 – 6.0)"
    assert f"| 20 | {kernel} | {application} | 0 | {gap} | 24 | 3 | 0 | 1 |" in row
    (row,) = tables.packets([ROW, EMPTY]).splitlines()[2:]
    assert "| 1380 | 63 | 64860 | 10 | mss sack | t13 | 3 |" in row
    (row,) = tables.verdicts([ROW, EMPTY]).splitlines()[2:]
    assert row.endswith("| vpn 0.75, direct 0.25 | none | 0.30 | high (2), none (1) |")


def test_a_row_without_visits() -> None:
    """A row of which no visit came through says so."""
    (row,) = tables.timing([EMPTY]).splitlines()[2:]
    assert row.endswith("| 20 | – | – | 0 | – | – | 0 | 0 | 1 |")


def test_every_case_is_another() -> None:
    """No row is measured twice."""
    assert len(set(CASES)) == len(CASES)


async def test_program_that_says_so() -> None:
    """A program runs from its word on until the block ends, whatever more it says."""
    script = "import sys\nprint('up', flush=True)\nwhile True: print('more' * 1000)"
    async with saying(b"up", [sys.executable, "-c", script]):
        await trio.lowlevel.checkpoint()


async def test_program_that_ends() -> None:
    """A program that ends before it is ready is a failure."""
    with pytest.raises(ExceptionGroup) as caught:
        async with saying(b"up", [sys.executable, "-c", "print('no')"]):
            pass
    assert caught.group_contains(OSError, match="did not get ready")


@pytest.mark.root
@pytest.mark.linux
async def test_ground() -> None:
    """The exit answers the visitor over the line; with the ground all that runs on it is gone."""
    script = "import socket; s = socket.create_server(('', 7)); s.accept(); s.accept()[0].recv(1)"
    with ground() as on:
        on.become(user_exit_ms=1, exit_edge_ms=0, user_edge_ms=0)
        left = await trio.lowlevel.open_process([*on.inside("exit"), "sleep", "1000"])
        command = [*on.inside("exit"), sys.executable, "-c", script]
        async with answering(command, on.space("exit"), (EXIT, 7)):
            reach = f"exec 3<>/dev/tcp/{EXIT}/7"
            await trio.run_process([*on.inside("user"), "bash", "-c", reach])
        spaces = [on.space(end) for end in ("user", "exit", "edge")]
    assert await left.wait() < 0
    assert not any((Path("/run/netns") / space).exists() for space in spaces)
