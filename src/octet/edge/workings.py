"""What runs behind the routes: the relay, the readiness probe, the receipts' key.

One task owns all of it, from the lifespan's start to its end.
"""

from typing import Final

import trio

from octet import __version__
from octet.edge.clock import EpochMs
from octet.edge.config import EdgeConfig
from octet.edge.exchange import Request
from octet.edge.observer import Observer
from octet.edge.readiness import Readiness
from octet.edge.receipt import ReceiptSealer
from octet.edge.relay import Relay
from octet.edge.upstream import open_upstream, read_trust
from octet.schema import (
    AbsenceReason,
    ChannelTiming,
    EdgeIdentity,
    EnvelopeHead,
    ReportHead,
    encode,
)

DRAIN_S: Final = 10
"""Seconds that reports already taken get at shutdown to reach the service."""


class Workings:
    """All that the routes share. `relay` and `readiness` are there while `run` runs."""

    relay: Relay
    readiness: Readiness

    def __init__(self, config: EdgeConfig, now_ms: EpochMs) -> None:
        self.config = config
        self.observer = Observer(config)
        self._trust = read_trust(config)
        self._receipts = ReceiptSealer(config.license, now_ms)
        self.now_ms = now_ms
        lat, lon = config.location or (None, None)
        self._identity = EdgeIdentity(id=config.edge_id, version=__version__, lat=lat, lon=lon)
        self._stopping = trio.Event()
        self._stopped = trio.Event()

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Relay and probe until `stop`.

        Cancellation: reports that wait are lost; their pages were not told ok.
        """
        try:
            async with (
                open_upstream(self.config, self._trust) as upstream,
                trio.open_nursery() as nursery,
            ):
                self.relay = Relay(upstream.post, max_pending=self.config.max_pending)
                self.readiness = Readiness(self.relay, upstream.reachable)
                nursery.start_soon(self.relay.run)
                nursery.start_soon(self.readiness.run)
                task_status.started()
                await self._stopping.wait()
                with trio.move_on_after(DRAIN_S):
                    await self.relay.drain()
                nursery.cancel_scope.cancel()
        finally:
            self._stopped.set()

    async def stop(self) -> None:
        """Deliver what was taken, and end. Timeout: `DRAIN_S`."""
        self._stopping.set()
        await self._stopped.wait()

    def envelope(self, request: Request, head: ReportHead, body: bytes) -> bytes:
        """Put the report *body*, whose *head* was read strictly, beside what was observed.

        The report stands in the envelope byte for byte: *body* passed the strict parser, so it is
        one JSON value that every parser reads alike.
        """
        receipts = self._receipts.open_all(head.receipts, head.session_ref)
        envelope = EnvelopeHead(
            v=1,
            id=head.id,
            session_ref=head.session_ref,
            received_at=self.now_ms(),
            want_verdict=self.config.expose_verdict,
            edge=self._identity,
            observed=self.observer.observe(request, receipts.channels, receipts.refused),
        )
        return encode(envelope)[:-1] + b',"report":' + body + b"}"

    def seal(self, request: Request, session_ref: str | None, rtt_us: tuple[int, ...]) -> str:
        """Seal what the channel that *request* opened has measured."""
        tcp = request.connection.tcp()
        timing = ChannelTiming(
            edge=self._identity.id,
            lat=self._identity.lat,
            lon=self._identity.lon,
            source_ip=self.observer.source(request),
            rtt_us=rtt_us,
            tcp=None if isinstance(tcp, AbsenceReason) else tcp,
            at=self.now_ms(),
        )
        return self._receipts.seal(session_ref, timing)
