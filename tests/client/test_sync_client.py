"""The blocking client by itself: its deadline, its threads; what it shares stands elsewhere."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import httpx
import pytest

from octet.client import OctetSyncClient, Pending, ServiceUnavailableError, Verdict
from tests.client.conftest import KEY, Clock, LittleService

REF = "sess_0123456789abcdefABCDEF"
VERDICT = (Path(__file__).parent.parent / "data" / "verdict.json").read_bytes()
PENDING = b'{"status":"pending","ref":"%s"}' % REF.encode()


def in_process(transport: httpx.BaseTransport, clock: Clock, **options: float) -> OctetSyncClient:
    return OctetSyncClient(
        "https://o.example",
        partner_key=KEY,
        transport=transport,
        monotonic=clock.now,
        sleep=clock.sleep,
        rng=Random(1),  # noqa: S311 - spreads retries, guards nothing
        timeout_s=options.get("timeout_s", 5.0),
    )


def test_each_phase_of_a_request_has_what_is_left() -> None:
    """However the time went, all phases together end by the deadline."""
    clock = Clock()
    seen: list[dict[str, float]] = []

    def slow_connect(request: httpx.Request) -> httpx.Response:
        left = request.extensions["timeout"]
        seen.append(dict(left))
        clock.time_s += 3.0
        seen.append(dict(left))
        clock.time_s += 30.0
        assert left.get("read") > 0
        raise httpx.ReadTimeout("", request=request)

    octet = in_process(httpx.MockTransport(slow_connect), clock)
    with octet, pytest.raises(ServiceUnavailableError, match="within 7 s"):
        octet.verdict(REF, wait_ms=2000)
    assert seen[0] == dict.fromkeys(("connect", "pool", "read", "write"), 7.0)
    assert seen[1] == dict.fromkeys(("connect", "pool", "read", "write"), 4.0)


def test_a_dripping_reply_has_one_deadline() -> None:
    """A byte now and then does not prolong the time-out."""
    clock = Clock()

    class Drip(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                clock.time_s += 1.0
                yield b" "

    reply = httpx.MockTransport(lambda _: httpx.Response(200, stream=Drip()))
    octet = in_process(reply, clock)
    with octet, pytest.raises(ServiceUnavailableError, match="within 7 s"):
        octet.verdict(REF, wait_ms=2000)
    assert clock.time_s == 107.0


def test_polls_sleep_by_the_given_clock() -> None:
    """Waiting for a verdict ends at its deadline, and polls keep their distance."""
    clock = Clock()
    reply = httpx.MockTransport(lambda _: httpx.Response(404, content=PENDING))
    with in_process(reply, clock) as octet:
        assert octet.wait_for_verdict(REF, timeout_s=3.0) == Pending(REF)
    assert clock.time_s == pytest.approx(103.0)
    assert min(clock.slept[:-1]) >= 0.25


def test_no_time_sends_nothing() -> None:
    """A deadline that is over is not worth a request."""
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, content=VERDICT)

    octet = in_process(httpx.MockTransport(answer), Clock())
    with octet, pytest.raises(ServiceUnavailableError, match="within 0 s"):
        octet.wait_for_verdict(REF, timeout_s=-1.0)
    assert not requests


def test_threads_share_a_client(service: LittleService) -> None:
    """Questions from several threads get their answers, over no more connections than allowed."""
    for _ in range(20):
        service.answers(200, VERDICT)
    octet = OctetSyncClient(service.url, partner_key=KEY, max_connections=3)
    with octet, ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(octet.verdict, [REF] * 20))
    assert all(isinstance(answer, Verdict) for answer in answers)
    assert max(request.connection for request in service.requests) <= 2


def test_a_stalled_question_holds_up_no_other_thread(service: LittleService) -> None:
    """One thread waits, another one asks and is answered."""
    service.stalls()
    service.answers(200, VERDICT)
    failures: list[BaseException] = []

    def ask() -> None:
        try:
            octet.verdict(REF)
        except ServiceUnavailableError as error:
            failures.append(error)

    with OctetSyncClient(service.url, partner_key=KEY, timeout_s=1.0, retries=0) as octet:
        first = threading.Thread(target=ask)
        first.start()
        service.stalled.get(timeout=10.0)
        assert isinstance(octet.verdict(REF), Verdict)
        first.join()
    assert len(failures) == 1
