"""The way of a batch, from bytes to results."""

from typing import Any

import pytest
from attrs import evolve

from octet.schema import Accepted, Refused, SchemaError
from octet.schema.verdict import Verdict
from octet.service.bench import Bench
from octet.service.errors import JudgeFailedError, OverloadedError
from octet.service.instruments import Instruments
from octet.service.intake import Intake
from octet.service.realm import Realm
from octet.service.verdicts import MemoryStore
from tests.service.fakes import (
    ACME,
    FRANCE,
    GERMANY,
    ScriptedJudge,
    batch,
    issuer,
    raw_envelope,
    untold,
)

REF = "sess_12345678"


class House:
    """An intake and what it stands on."""

    def __init__(self, judge: ScriptedJudge, *, max_verdicts: int = 100) -> None:
        self.judge = judge
        self.store = MemoryStore(ttl_s=600, max_verdicts=max_verdicts)
        self._intake = Intake(Bench(judge), self.store, issuer(), Instruments())

    async def take(self, *raws: Any, realm: Realm = ACME) -> tuple[Accepted | Refused, ...]:
        return (await self._intake.take(realm, batch(*raws), "request-1")).results


async def test_results_in_order() -> None:
    """Each envelope has its result, in order; only those that ask are told the verdict."""
    house = House(ScriptedJudge({"b": FRANCE}))
    bad = raw_envelope("x") | {"v": 2}
    first, second, third = await house.take(raw_envelope("a"), bad, raw_envelope("b", want=True))
    assert first == Accepted("a")
    assert isinstance(second, Refused)
    assert isinstance(third, Accepted)
    assert third.verdict is not None
    assert untold(third.verdict) == {"country": "FR", "confidence": 0.8, "alarm": "low"}
    assert house.judge.seen == [["a", "b"]]


async def test_held() -> None:
    """What was accepted can be read."""
    house = House(ScriptedJudge())
    await house.take(raw_envelope("a"))
    held = await house.store.get(ACME, REF)
    assert held is not None
    assert evolve(held, token=None) == GERMANY


async def test_tokens() -> None:
    """What is held for a reference has a token; what nobody can read by one has none."""
    house = House(ScriptedJudge())
    first, second = await house.take(
        raw_envelope("a", want=True), raw_envelope("b", ref=None, want=True)
    )
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert first.verdict is not None
    assert second.verdict is not None
    held = await house.store.get(ACME, REF)
    assert held is not None
    assert first.verdict["token"] == held.token
    assert "token" not in second.verdict


async def test_same_id_again() -> None:
    """The same id is not judged twice and answers the same, even when its content differs."""
    house = House(ScriptedJudge())
    first = await house.take(raw_envelope("a", want=True))
    house.judge.script["a"] = FRANCE
    assert await house.take(raw_envelope("a", ref="sess_elsewhere", want=True)) == first
    assert house.judge.seen == [["a"]]


async def test_same_id_in_one_batch() -> None:
    """Of one id twice in a batch the first content wins, and both are answered."""
    house = House(ScriptedJudge())
    results = await house.take(raw_envelope("a"), raw_envelope("a", ref="sess_elsewhere"))
    assert results == (Accepted("a"), Accepted("a"))
    assert house.judge.seen == [["a"]]
    assert await house.store.get(ACME, "sess_elsewhere") is None


async def test_same_id_of_another_partner() -> None:
    """Ids of different partners have nothing to do with each other."""
    house = House(ScriptedJudge())
    await house.take(raw_envelope("a"))
    await house.take(raw_envelope("a"), realm=Realm("other", live=True))
    assert house.judge.seen == [["a"], ["a"]]


async def test_without_reference() -> None:
    """A report without a reference is judged, and held for its id only."""
    house = House(ScriptedJudge())
    (result,) = await house.take(raw_envelope("a", ref=None, want=True))
    assert isinstance(result, Accepted)
    assert result.verdict is not None
    await house.take(raw_envelope("a", ref=None))
    assert house.judge.seen == [["a"]]


async def test_nothing_readable() -> None:
    """A batch of bad envelopes only is answered without the engine."""
    house = House(ScriptedJudge())
    assert isinstance((await house.take({}))[0], Refused)
    assert house.judge.seen == []


async def test_poisonous_envelope() -> None:
    """An envelope that the engine cannot bear is refused as internal; it can be posted again."""
    house = House(ScriptedJudge({"b": ValueError()}))
    first, second = await house.take(raw_envelope("a"), raw_envelope("b"))
    assert first == Accepted("a")
    assert isinstance(second, Refused)
    assert second.problem.code == "internal"
    house.judge.script.clear()
    assert await house.take(raw_envelope("b")) == (Accepted("b"),)


async def test_engine_failure() -> None:
    """When the engine fails on all, nothing is held."""
    house = House(ScriptedJudge({"a": ValueError()}))
    with pytest.raises(JudgeFailedError):
        await house.take(raw_envelope("a"))
    assert await house.store.get(ACME, REF) is None


async def test_full_store_is_no_acknowledgement() -> None:
    """What the store cannot hold is not acknowledged, and what it holds answers the same again."""
    house = House(ScriptedJudge(), max_verdicts=1)
    with pytest.raises(OverloadedError):
        await house.take(raw_envelope("a"), raw_envelope("b", ref="sess_elsewhere"))
    assert await house.take(raw_envelope("a")) == (Accepted("a"),)


async def test_no_batch() -> None:
    """Without an envelope there is nothing to answer."""
    with pytest.raises(SchemaError):
        await House(ScriptedJudge()).take()


async def test_store_sees_verdicts_only() -> None:
    """No signal, no address and no envelope is anywhere in the store."""
    house = House(ScriptedJudge())
    await house.take(raw_envelope("a"))
    held = [*house.store._by_ref._entries.items(), *house.store._by_id._entries.items()]
    assert {type(value) for _, (_, value) in held} == {Verdict}
    assert "203.0.113.7" not in repr(held)
