"""The way of a batch: read it, recall what was judged before, judge and hold the rest, answer.

All of it but the holding is one trip to the worker thread. What a batch of 8 MiB is parsed into can
take some hundred MiB, unknown signals' values among them; so only one exists at a time, and none
once its verdicts are there.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import trio
from attrs import frozen

from octet.schema import Accepted, Envelope, Missing, Refused, Results, problem, unstructure
from octet.schema.signals import SIGNAL_TYPES
from octet.schema.verdict import Verdict
from octet.service import clock
from octet.service.batch import read_batch
from octet.service.bench import Bench
from octet.service.instruments import Instruments
from octet.service.issuer import Issuer
from octet.service.metrics import OK, EdgeName
from octet.service.realm import Realm
from octet.service.verdicts import Entry, VerdictStore


@frozen(kw_only=True)
class _Judged:
    """What remains of a batch once it was judged: nothing of its signals."""

    items: Sequence[tuple[str, bool] | Refused]
    """Of each envelope, in order, its id and whether its verdict is wanted."""
    known: Mapping[str, Verdict]
    """By id, what an earlier post was given."""
    fresh: Sequence[Entry]
    """What has to be held."""
    missing: Mapping[tuple[str, str], int]
    """How many of what was judged lacked a signal, by its name and the reason."""
    edges: Sequence[tuple[EdgeName, Mapping[str, float]]]
    """Of what was judged, which edge sent it, and how likely that is deployed wrongly."""
    engine_s: float
    """Time the engine took, seconds."""


class Intake:
    """Takes the posts of all edges.

    Args:
        bench: where they are read and judged.
        store: holds the verdicts.
        issuer: makes them the partner's.
        instruments: watch the parts, and count what came and what came out.
        monotonic_s: a clock that the worker thread can ask.
    """

    def __init__(
        self,
        bench: Bench,
        store: VerdictStore,
        issuer: Issuer,
        instruments: Instruments,
        *,
        monotonic_s: Callable[[], float] = clock.monotonic_s,
    ) -> None:
        self._bench = bench
        self._store = store
        self._issuer = issuer
        self._instruments = instruments
        self._metrics = instruments.metrics
        self._tracing = instruments.tracing
        self._monotonic_s = monotonic_s

    async def take(self, realm: Realm, body: bytes, request_id: str) -> Results:
        """Judge and hold the envelopes of *body*; return a result for each, in order.

        Cancellation: what was held stays held, and the same post again answers the same.
        Timeout: none; the client owns it.

        Raises:
            SchemaError: *body* is no batch.
            OverloadedError: the store can hold none of it.
            JudgeFailedError: the engine failed on all of it.
        """
        judged = await self._bench.run(partial(self._work, realm, body, request_id))
        self._count(judged)
        with self._instruments.storing("put", verdicts=len(judged.fresh)):
            verdicts = {**judged.known, **await self._store.put(realm, judged.fresh)}
        results = Results(tuple(_result(item, verdicts, request_id) for item in judged.items))
        for result in results.results:
            code = OK if isinstance(result, Accepted) else result.problem.code
            self._metrics.envelopes.count(code)
        return results

    def _work(self, realm: Realm, body: bytes, request_id: str) -> _Judged:
        """Read and judge *body*, in the worker thread; the first content of an id wins."""
        with self._tracing.span("read", bytes=len(body)):
            items = read_batch(body, request_id)
        envelopes = [item for item in items if isinstance(item, Envelope)]
        first = {envelope.id: envelope for envelope in reversed(envelopes)}
        known = trio.from_thread.run(self._recall, realm, list(first))
        fresh = [e for e in envelopes if e is first[e.id] and e.id not in known]
        began_s = self._monotonic_s()
        with self._tracing.span("engine", envelopes=len(fresh)):
            found = zip(fresh, self._bench.judge(fresh), strict=True)
            judged = [(envelope, one) for envelope, one in found if one is not None]
        engine_s = self._monotonic_s() - began_s
        return _Judged(
            items=[i if isinstance(i, Refused) else (i.id, i.want_verdict) for i in items],
            known=known,
            fresh=[
                Entry(
                    envelope_id=envelope.id,
                    ref=envelope.session_ref,
                    verdict=self._issuer.issue(realm, envelope, one.verdict),
                )
                for envelope, one in judged
            ],
            edges=[
                (EdgeName(realm.partner, envelope.edge.id), one.edge_faults)
                for envelope, one in judged
            ],
            missing=_missing(fresh),
            engine_s=engine_s,
        )

    async def _recall(self, realm: Realm, ids: Sequence[str]) -> Mapping[str, Verdict]:
        """Return what earlier posts of *ids* were given."""
        with self._instruments.storing("recall"):
            return await self._store.recall(realm, ids)

    def _count(self, judged: _Judged) -> None:
        """Count what the engine did."""
        if judged.fresh:
            self._metrics.engine_seconds.observe(judged.engine_s)
            self._metrics.batch_envelopes.observe(len(judged.fresh))
        for entry in judged.fresh:
            self._metrics.verdicts.count(entry.verdict.alarm)
            if entry.verdict.country is None:
                self._metrics.abstentions.count()
        for edge, faults in judged.edges:
            for fault, chance in faults.items():
                self._metrics.edge_envelopes.count(edge, fault)
                self._metrics.edge_faults.count(edge, fault, by=chance)
        for (name, reason), count in judged.missing.items():
            self._metrics.missing.count(name, reason, by=count)


def _missing(envelopes: Iterable[Envelope]) -> Mapping[tuple[str, str], int]:
    """Count the signals that *envelopes* lack, by name and reason."""
    signals = [envelope.report.signals for envelope in envelopes]
    found = ((name, each.get(kind)) for each in signals for name, kind in SIGNAL_TYPES.items())
    return Counter((name, str(got.missing)) for name, got in found if isinstance(got, Missing))


def _result(
    item: tuple[str, bool] | Refused, verdicts: Mapping[str, Verdict], request_id: str
) -> Accepted | Refused:
    if isinstance(item, Refused):
        return item
    name, want_verdict = item
    if name not in verdicts:
        return Refused(name, problem("internal", request_id=request_id))
    return Accepted(name, unstructure(verdicts[name]) if want_verdict else None)
