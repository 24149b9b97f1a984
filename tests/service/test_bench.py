"""The bench: bounded, isolated, off the event loop."""

import logging
import threading
from collections.abc import Sequence
from functools import partial

import pytest
import trio

from octet.schema import Envelope
from octet.service.bench import Bench
from octet.service.errors import JudgeFailedError, OverloadedError
from octet.service.judge import Judgement
from tests.service.fakes import EDGE_FAULTS, FRANCE, GERMANY, ScriptedJudge, envelope

GERMAN, FRENCH = (Judgement(verdict, EDGE_FAULTS) for verdict in (GERMANY, FRANCE))
SECRET = "203.0.113.7 said Europe/Berlin"


def test_one_pass() -> None:
    """A good batch is judged in one call, in order."""
    judge = ScriptedJudge({"b": FRANCE})
    assert Bench(judge).judge([envelope("a"), envelope("b")]) == [GERMAN, FRENCH]
    assert judge.seen == [["a", "b"]]


def test_nothing_to_judge() -> None:
    """An empty batch does not reach the engine."""
    judge = ScriptedJudge()
    assert Bench(judge).judge([]) == []
    assert judge.seen == []


def test_poisonous_envelope(caplog: pytest.LogCaptureFixture) -> None:
    """An envelope that the engine cannot bear harms no other, and the log repeats nothing of it."""
    bench = Bench(ScriptedJudge({"b": ValueError(SECRET)}))
    assert bench.judge([envelope(x) for x in "abc"]) == [GERMAN, None, GERMAN]
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2
    assert "ValueError ← _one (fakes.py" in caplog.text
    assert SECRET not in caplog.text


def test_engine_fails_on_all() -> None:
    """When nothing could be judged that is an error of the whole batch, and the next one works."""
    judge = ScriptedJudge({"a": ZeroDivisionError(), "b": ZeroDivisionError()})
    bench = Bench(judge)
    with pytest.raises(JudgeFailedError):
        bench.judge([envelope("a"), envelope("b")])
    judge.script.clear()
    assert bench.judge([envelope("a")]) == [GERMAN]


def test_wrong_number_of_verdicts() -> None:
    """An engine that loses count is one that failed."""

    class Forgetful(ScriptedJudge):
        def weigh(self, envelopes: Sequence[Envelope], /) -> list[Judgement]:
            return super().weigh(envelopes)[1:]

    with pytest.raises(JudgeFailedError):
        Bench(Forgetful()).judge([envelope("a"), envelope("b")])


async def test_work_leaves_the_loop() -> None:
    """While the judge thinks, the event loop runs; only one thread works."""
    judge = ScriptedJudge()
    judge.may_judge.clear()
    bench = Bench(judge)
    async with trio.open_nursery() as nursery:
        for name in "ab":
            nursery.start_soon(bench.run, partial(bench.judge, [envelope(name)]))
        await trio.to_thread.run_sync(judge.judging.wait)
        assert judge.seen == []
        assert bench._thread.borrowed_tokens == 1
        judge.may_judge.set()
    assert len(judge.seen) == 2


async def test_work_runs_in_another_thread() -> None:
    """The bench works in a thread of its own."""
    assert await Bench(ScriptedJudge()).run(threading.get_ident) != threading.get_ident()


def test_seats() -> None:
    """So many posts at once; one more is turned away, and every seat comes back."""
    bench = Bench(ScriptedJudge(), max_posts=2)
    with bench.seat(1):
        with bench.seat(1):
            assert bench.fault() is not None
            with pytest.raises(OverloadedError, match="posts"), bench.seat(1):
                pass
        with pytest.raises(ZeroDivisionError), bench.seat(1):
            raise ZeroDivisionError
        assert bench.fault() is None


def test_bytes_of_seats() -> None:
    """So many bytes at once; who brings too many is turned away, and they all come back."""
    bench = Bench(ScriptedJudge(), max_bytes=10)
    with bench.seat(6):
        with bench.seat(4):
            assert bench.fault() == "all bytes for posts are taken"
            with pytest.raises(OverloadedError, match="bytes"), bench.seat(1):
                pass
        with pytest.raises(OverloadedError, match="bytes"), bench.seat(5):
            pass
        assert bench.fault() is None
    with bench.seat(10):
        pass
