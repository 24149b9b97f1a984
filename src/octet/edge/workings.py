"""What runs behind the routes: the relay, the readiness probe, the receipts' key.

One task owns all of it, from the lifespan's start to its end.
"""

import logging
from collections.abc import Sequence
from functools import partial
from typing import Final

import trio

from octet import __version__
from octet.edge.clock import EpochMs, HttpDate, monotonic_ns
from octet.edge.config import EdgeConfig
from octet.edge.exchange import Request
from octet.edge.limits import MAX_CHANNELS_PER_ADDRESS, AddressLimits
from octet.edge.observer import Observer
from octet.edge.outcome import Outcome
from octet.edge.readiness import Readiness
from octet.edge.receipt import ReceiptSealer
from octet.edge.relay import Forward, Relay
from octet.edge.shared import Shared
from octet.edge.sight import Sight
from octet.edge.upstream import Upstream, open_upstream, read_trust
from octet.schema import (
    AbsenceReason,
    ChannelTiming,
    EdgeIdentity,
    ReportHead,
    unstructure,
)
from octet.schema.json_text import dumps
from octet.serving.places import Places

logger = logging.getLogger(__name__)

DRAIN_S: Final = 10
"""Seconds that reports already taken get at shutdown to reach the service."""


class Workings:
    """All that the routes share. `relay` and `readiness` are there while `run` runs."""

    relay: Relay
    readiness: Readiness

    def __init__(self, config: EdgeConfig, now_ms: EpochMs, shared: Shared) -> None:
        self.config = config
        self.shared = shared
        self.metrics = shared.metrics
        self.connections = AddressLimits(
            at_once=config.max_per_address,
            per_second=config.rate_per_address,
            limit_loopback=config.limit_loopback,
            now_ns=monotonic_ns,
            tally=shared.connections,
        )
        """Of each address; of the requests in flight for those behind a trusted proxy."""
        self.channels = AddressLimits(
            at_once=MAX_CHANNELS_PER_ADDRESS,
            per_second=0,
            limit_loopback=config.limit_loopback,
            now_ns=monotonic_ns,
            tally=shared.channels,
        )
        """Latency channels of each address."""
        self.observer = Observer(config)
        self._trust = read_trust(config)
        self._upstream: Upstream | None = None
        self._receipts = ReceiptSealer(config.license, now_ms)
        self.now_ms = now_ms
        self.date = HttpDate(now_ms)
        lat, lon = config.location or (None, None)
        self._identity = EdgeIdentity(id=config.edge_id, version=__version__, lat=lat, lon=lon)
        constant = {"wantVerdict": config.expose_verdict, "edge": unstructure(self._identity)}
        self._constant = b"," + dumps(constant)[1:-1]
        """Members of every envelope, as JSON."""
        self._stopping = trio.Event()
        self._stopped = trio.Event()

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Relay and probe until `stop`.

        Cancellation: reports that wait are lost; their pages were not told ok.
        """
        try:
            async with (
                open_upstream(self.config, self._trust, self.now_ms) as upstream,
                trio.open_nursery() as nursery,
            ):
                self._upstream = upstream
                self.relay = Relay(
                    partial(self._post, upstream),
                    places=Places(self.config.max_pending, self.metrics.relay_pending),
                    timeout_s=self.config.relay_timeout_ms / 1000,
                    circuit=upstream.circuit,
                )
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

    def renew_trust(self) -> None:
        """Read again what this edge shows and believes towards the service, if that is in files.

        Raises:
            ConfigError: a file does not hold what it should, and all stays as it was.
        """
        if self.config.ca_file is None and self.config.client_files is None:
            return
        self._trust = read_trust(self.config)
        if self._upstream is not None:
            self._upstream.secure(self._trust)
        logger.info("SIGHUP: new connections to the service are secured by what is there now")

    async def stop(self) -> None:
        """Deliver what was taken, and end. Timeout: `DRAIN_S`."""
        self._stopping.set()
        await self._stopped.wait()

    async def _post(self, upstream: Upstream, batch: Sequence[Forward]) -> list[Outcome]:
        """Post *batch* and count it."""
        self.metrics.batch_envelopes.observe(len(batch))
        began_s = trio.current_time()
        try:
            return await upstream.post(batch)
        finally:
            self.metrics.upstream_seconds.observe(trio.current_time() - began_s)

    def envelope(self, request: Request, head: ReportHead, body: bytes) -> bytes:
        """Put the report *body*, whose *head* was read strictly, beside what was observed.

        The report stands in the envelope byte for byte: *body* passed the strict parser, so it is
        one JSON value that every parser reads alike.
        """
        receipts = self._receipts.open_all(head.receipts, head.session_ref)
        if receipts.refused is not None:
            self.metrics.receipts_refused.count(receipts.refused)
        observed = self.observer.write(request, receipts.channels, receipts.refused)
        for name, reason in observed.missing.items():
            self.metrics.missing.count(name, reason)
        names = {"id": head.id}
        if head.session_ref is not None:
            names["sessionRef"] = head.session_ref
        parts = (
            dumps(names)[:-1],
            b',"v":1,"receivedAt":%d' % self.now_ms(),
            self._constant,
            b',"observed":',
            observed.text,
            b',"report":',
            body,
            b"}",
        )
        return b"".join(parts)

    def seal(self, request: Request, session_ref: str | None, rtt_us: tuple[int, ...]) -> str:
        """Seal what the channel that *request* opened has measured."""
        self.metrics.volleys.count(by=len(rtt_us))
        facts = self.observer.facts(request)
        source_ip = self.observer.source_ip(facts)
        timing = ChannelTiming(
            edge=self._identity.id,
            lat=self._identity.lat,
            lon=self._identity.lon,
            source_ip=source_ip,
            rtt_us=rtt_us,
            tcp=None if isinstance(facts.tcp, AbsenceReason) else facts.tcp,
            at=self.now_ms(),
        )
        return self._receipts.seal(session_ref, timing, Sight.of(facts, source_ip))
