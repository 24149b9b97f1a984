"""The way of a batch: read it, recall what was judged before, judge and hold the rest, answer."""

from functools import partial

from octet.schema import Accepted, Envelope, Refused, Results, problem, unstructure
from octet.schema.verdict import Verdict
from octet.service.batch import read_batch
from octet.service.bench import Bench
from octet.service.realm import Realm
from octet.service.verdicts import VerdictStore


class Intake:
    """Takes the posts of all edges."""

    def __init__(self, bench: Bench, store: VerdictStore) -> None:
        self._bench = bench
        self._store = store

    async def take(self, realm: Realm, body: bytes, request_id: str) -> Results:
        """Judge and hold the envelopes of *body*; return a result for each, in order.

        Cancellation: what was held stays held, and the same post again answers the same.
        Timeout: none; the client owns it.

        Raises:
            SchemaError: *body* is no batch.
            OverloadedError: the store is full.
            JudgeFailedError: the engine failed on all of it.
        """
        items = await self._bench.run(partial(read_batch, body, request_id))
        verdicts = await self._verdicts(realm, [e for e in items if isinstance(e, Envelope)])
        return Results(tuple(_result(item, verdicts, request_id) for item in items))

    async def _verdicts(self, realm: Realm, envelopes: list[Envelope]) -> dict[str, Verdict]:
        """Return the verdict of each envelope by its id; the first content of an id wins."""
        verdicts: dict[str, Verdict] = {}
        fresh: dict[str, Envelope] = {}
        for envelope in envelopes:
            known = await self._store.recall(realm, envelope.id)
            if known is not None:
                verdicts[envelope.id] = known
            else:
                fresh.setdefault(envelope.id, envelope)
        judged = await self._bench.judge(list(fresh.values()))
        for envelope, verdict in zip(fresh.values(), judged, strict=True):
            if verdict is not None:
                verdicts[envelope.id] = await self._store.put(
                    realm, envelope.session_ref, envelope.id, verdict
                )
        return verdicts


def _result(
    item: Envelope | Refused, verdicts: dict[str, Verdict], request_id: str
) -> Accepted | Refused:
    if isinstance(item, Refused):
        return item
    if item.id not in verdicts:
        return Refused(item.id, problem("internal", request_id=request_id))
    told = unstructure(verdicts[item.id]) if item.want_verdict else None
    return Accepted(item.id, told)
