"""Replayed receipts, carried to a real edge: which of them it forwards, and what the engine takes.

The edge is the installed ``octet-edge``, the channels are played over real sockets on loopback.
"""

import json
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import trio
from attrs import define, frozen

from benchmarks.visitor import Traits, Visitor
from examples.demo.process import running
from octet.edge.receipt import LIFETIME_S, ReceiptSealer
from octet.schema import ChannelTiming, Envelope, TcpTiming, structure
from octet.service.engine.paths import timing
from tests.edge.fakes import FakeService, report

LICENSE: Final = "octet_test_v4.public.cmVkLXRlYW0"
OTHER_LICENSE: Final = "octet_test_v4.public.b3RoZXI"
REF: Final = "sess_redTeamRedTeamRedTeam1"
OTHER_REF: Final = "sess_redTeamRedTeamRedTeam2"
TRAITS: Final = Traits(time_zone="Europe/Berlin", languages=("de-DE",))
ELSEWHERE: Final = "127.0.0.2"
"""Loopback's own second address stands for another of the visitor's."""
MS: Final = 1000


@frozen
class Replay:
    """What became of one post."""

    receipt: str
    """What it carried."""
    forwarded: int
    """Channels that the edge sent on."""
    reason: str
    """Why one was left out; empty when none was."""
    used: int
    """Volleys that the engine reckons with."""


@define(eq=False)
class _Edges:
    """Two deployments before one service."""

    service: FakeService
    own: str
    other: str

    async def post(self, name: str, receipts: list[str], identity: str) -> Replay:
        """Post a report with *receipts* and see what arrives."""
        body = report(id=identity, sessionRef=REF, receipts=receipts)
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.post(
                f"{self.own}/v1/signals",
                content=json.dumps(body),
                headers={"content-type": "application/json"},
            )
        answer.raise_for_status()
        envelope = structure(Envelope, self.service.envelopes[-1])
        observed = envelope.observed
        return Replay(
            name,
            forwarded=len(observed.latency),
            reason=str(observed.missing.get("latency", "")),
            used=timing(envelope).volleys,
        )


async def replay() -> list[Replay]:
    """Play channels, then carry their receipts where they do not belong."""
    async with _edges() as edges:
        visitor = Visitor(TRAITS)
        own, _ = await visitor.play(edges.own, REF, origin=edges.own)
        others, _ = await visitor.play(edges.own, OTHER_REF, origin=edges.own)
        foreign, _ = await visitor.play(edges.other, REF, origin=edges.other)
        cases: Mapping[str, list[str]] = {
            "its own": [own],
            "its own, in a second post": [own],
            "its own, eight times": [own] * 8,
            "of another reference": [others],
            "of another deployment": [foreign],
            "altered by one character": [_altered(own)],
            f"{LIFETIME_S + 1} s old": [_sealed(own, late_ms=(LIFETIME_S + 1) * MS)],
            "from another address (dual stack, helper)": [_sealed(own, address=ELSEWHERE)],
        }
        return [
            await edges.post(name, receipts, f"replay-{number}")
            for number, (name, receipts) in enumerate(cases.items())
        ]


@asynccontextmanager
async def _edges() -> AsyncIterator[_Edges]:
    service = FakeService()
    command = [str(Path(sys.executable).with_name("octet-edge"))]
    async with trio.open_nursery() as nursery:
        await nursery.start(service.serve)
        shared = {
            "OCTET_URL": service.url,
            "HOST": "127.0.0.1",
            "PORT": "0",
            "EDGE_LOCATION": "50.11,8.68",
            "EDGE_METRICS_BIND": "off",
        }
        with tempfile.TemporaryDirectory() as directory:
            logs = Path(directory)
            async with (
                running(command, shared | {"LICENSE": LICENSE}, logs / "own.log") as own,
                running(command, shared | {"LICENSE": OTHER_LICENSE}, logs / "other.log") as other,
            ):
                yield _Edges(service, own, other)
        nursery.cancel_scope.cancel()


def _altered(receipt: str) -> str:
    at = len(receipt) // 2
    return receipt[:at] + ("A" if receipt[at] != "A" else "B") + receipt[at + 1 :]


def _sealed(like: str, *, late_ms: int = 0, address: str | None = None) -> str:
    """Seal a channel as the edge would have: at another time, or to another address.

    Nobody outside the deployment has the key: this stands for a receipt that was kept, and for a
    channel that really came from elsewhere.
    """
    sealer = ReceiptSealer(LICENSE, lambda: 0)
    channel: ChannelTiming = sealer.unseal(like).channel
    return sealer.seal(
        REF,
        ChannelTiming(
            edge=channel.edge,
            lat=channel.lat,
            lon=channel.lon,
            source_ip=address or channel.source_ip,
            rtt_us=channel.rtt_us,
            tcp=channel.tcp or TcpTiming(),
            at=channel.at - late_ms,
        ),
    )


def measure() -> list[dict[str, Any]]:
    """Return all replays."""
    return [
        {
            "receipt": one.receipt,
            "forwarded": one.forwarded,
            "reason": one.reason,
            "used": one.used,
        }
        for one in trio.run(replay)
    ]
