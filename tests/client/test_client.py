import gzip
import json
import logging
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
import httpx
import pytest

from octet.client import (
    Alarm,
    CredentialError,
    InvalidRequestError,
    OctetClient,
    Pending,
    ProtocolError,
    RateLimitedError,
    ServiceUnavailableError,
    Verdict,
)
from octet.client._steps import MAX_REPLY_BYTES
from octet.schema import encode, problem
from tests.client.conftest import KEY, LittleService, Run

REF = "sess_0123456789abcdefABCDEF"
VERDICT = (Path(__file__).parent.parent / "data" / "verdict.json").read_bytes()
PENDING = json.dumps({"status": "pending", "ref": REF}).encode()
ONE_CONNECTION = httpx.Limits(max_connections=1)


# --- over a real socket, with both clients, under both event loops -----------------------------


def test_a_verdict_comes_back(service: LittleService, run: Run) -> None:
    """The client sends its key and the reference, and returns the verdict."""
    service.answers(200, VERDICT)
    answer = run(run.ask(service, REF))
    assert isinstance(answer, Verdict)
    assert (answer.country, answer.alarm) == ("DE", Alarm.NONE)
    (request,) = service.requests
    assert request.method == "GET"
    assert urlsplit(request.target).path == f"/v1/verdict/{REF}"
    assert request.headers["x-octet-partner-key"] == KEY


def test_no_verdict_yet_is_pending(service: LittleService, run: Run) -> None:
    """The pending 404 is a value, not an error."""
    service.answers(404, PENDING)
    assert run(run.ask(service, REF)) == Pending(REF)


@pytest.mark.parametrize(("wait_ms", "sent"), [(0, "0"), (2000, "2000"), (60_000, "10000")])
def test_the_wait_is_sent(service: LittleService, run: Run, wait_ms: int, sent: str) -> None:
    """``waitMs`` is what was asked for, at most what the service grants."""
    service.answers(404, PENDING)
    run(run.ask(service, REF, wait_ms))
    (request,) = service.requests
    assert parse_qs(urlsplit(request.target).query) == {"waitMs": [sent]}


@pytest.mark.parametrize("prefix", ["", "/", "/octet", "/octet/", "/a/b/"])
def test_the_base_url_may_have_a_path(service: LittleService, run: Run, prefix: str) -> None:
    """Routes stand under the base URL's path, with or without a slash at its end."""
    service.answers(404, PENDING)
    service.url += prefix
    run(run.ask(service, REF))
    (request,) = service.requests
    assert urlsplit(request.target).path == f"{prefix.rstrip('/')}/v1/verdict/{REF}"


def test_one_connection_serves_many_questions(service: LittleService, run: Run) -> None:
    """Questions one after another share a connection."""
    for _ in range(3):
        service.answers(404, PENDING)

    async def scenario() -> None:
        async with run.client(service) as octet:
            for _ in range(3):
                await octet.verdict(REF)

    run(scenario)
    assert {request.connection for request in service.requests} == {0}


def test_a_long_lived_client_is_closed_by_hand(service: LittleService, run: Run) -> None:
    """Without ``async with`` the client works until `aclose`, which may be called twice."""
    service.answers(404, PENDING)

    async def scenario() -> None:
        octet = run.client(service)
        assert await octet.verdict(REF) == Pending(REF)
        await octet.aclose()
        await octet.aclose()
        with pytest.raises(RuntimeError):
            await octet.verdict(REF)

    run(scenario)


def test_a_problem_becomes_its_error(service: LittleService, run: Run) -> None:
    """A refused key is a `CredentialError` that names the service's request."""
    body = encode(problem("partner_key_revoked", request_id="r7"))
    service.answers(403, body, content_type="application/problem+json")
    with pytest.raises(CredentialError) as caught:
        run(run.ask(service, REF))
    assert (caught.value.code, caught.value.request_id) == ("partner_key_revoked", "r7")


def test_a_rate_limit_says_when_to_come_back(service: LittleService, run: Run) -> None:
    """``Retry-After`` reaches the caller, whatever the case of the header's name."""
    service.answers(429, encode(problem("rate_limited", request_id="r8")), RETRY_AFTER="3")
    with pytest.raises(RateLimitedError) as caught:
        run(run.ask(service, REF))
    assert caught.value.retry_after_s == 3.0


def test_redirects_are_not_followed(service: LittleService, run: Run) -> None:
    """A redirect is a reply that is no contract: the key goes nowhere else."""
    service.answers(307, location=f"{service.url}/elsewhere")
    with pytest.raises(ProtocolError) as caught:
        run(run.ask(service, REF))
    assert caught.value.status == 307
    assert len(service.requests) == 1


def test_no_connection_is_service_unavailable(service: LittleService, run: Run) -> None:
    """A service that does not listen is unavailable, without code or status."""
    service.url = "http://127.0.0.1:1"
    with pytest.raises(ServiceUnavailableError) as caught:
        run(run.ask(service, REF))
    assert (caught.value.code, caught.value.status) == (None, None)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\n{",
    ],
)
def test_a_cut_reply_is_service_unavailable(service: LittleService, run: Run, text: bytes) -> None:
    """A reply that breaks off anywhere is the network's fault."""
    service.cuts(text)
    with pytest.raises(ServiceUnavailableError):
        run(run.ask(service, REF))


@pytest.mark.parametrize("text", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"])
def test_a_late_reply_is_service_unavailable(service: LittleService, run: Run, text: bytes) -> None:
    """The whole reply must come within ``timeout_s`` and the wait."""
    service.stalls(text)
    with pytest.raises(ServiceUnavailableError, match=r"within 0\.2 s"):
        run(run.ask(service, REF, 100, timeout_s=0.1))


def test_an_encoded_body_is_a_protocol_error(service: LittleService, run: Run) -> None:
    """The client asks for no content encoding, and unpacks none that comes all the same."""
    service.answers(200, gzip.compress(VERDICT), content_encoding="gzip")
    with pytest.raises(ProtocolError, match="encoding"):
        run(run.ask(service, REF))
    (request,) = service.requests
    assert request.headers["accept-encoding"] == "identity"


def test_a_huge_reply_is_not_kept(service: LittleService, run: Run) -> None:
    """A reply beyond the bound is a `ProtocolError`."""
    service.answers(200, b" " * MAX_REPLY_BYTES + VERDICT)
    with pytest.raises(ProtocolError, match="larger"):
        run(run.ask(service, REF))


@pytest.mark.parametrize("text", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"])
def test_cancellation_leaves_the_client_usable(
    service: LittleService, loop: Run, text: bytes
) -> None:
    """A cancelled question frees its connection: the next one is answered on a new one."""
    service.stalls(text)
    service.answers(200, VERDICT)

    async def scenario() -> Verdict | Pending:
        transport = httpx.AsyncHTTPTransport(limits=ONE_CONNECTION)
        async with loop.client(service, transport=transport, timeout_s=10.0) as octet:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(octet.verdict, REF)
                await service.until_stalled()
                tasks.cancel_scope.cancel()
            return await octet.verdict(REF)

    assert isinstance(loop(scenario), Verdict)
    assert [request.connection for request in service.requests] == [0, 1]


def test_a_question_may_be_cancelled_while_it_waits_for_a_connection(
    service: LittleService, loop: Run
) -> None:
    """A question cancelled in the pool's queue takes nothing with it."""
    service.stalls()
    service.answers(200, VERDICT)

    async def scenario() -> Verdict | Pending:
        transport = httpx.AsyncHTTPTransport(limits=ONE_CONNECTION)
        async with loop.client(service, transport=transport, timeout_s=10.0) as octet:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(octet.verdict, REF)
                await service.until_stalled()
                with anyio.move_on_after(0.01) as queued:
                    await octet.verdict(REF)
                assert queued.cancelled_caught
                tasks.cancel_scope.cancel()
            return await octet.verdict(REF)

    assert isinstance(loop(scenario), Verdict)
    assert len(service.requests) == 2


def test_waiting_asks_again_until_there_is_a_verdict(service: LittleService, run: Run) -> None:
    """`wait_for_verdict` polls again after a pending answer."""
    service.answers(404, PENDING)
    service.answers(200, VERDICT)

    async def scenario() -> Verdict | Pending:
        async with run.client(service) as octet:
            return await octet.wait_for_verdict(REF)

    assert isinstance(run(scenario), Verdict)
    waits = [parse_qs(urlsplit(request.target).query)["waitMs"] for request in service.requests]
    assert 0 < int(waits[1][0]) < int(waits[0][0]) <= 7750


# --- the key stays secret -----------------------------------------------------------------------


def test_the_key_is_in_no_repr_error_or_log(
    service: LittleService, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the client's repr, nor its errors, nor any library's debug log shows the key."""
    caplog.set_level(logging.DEBUG)
    assert "the-key-itself" not in repr(run.client(service))
    service.answers(401, encode(problem("partner_key_invalid", request_id="r")))
    with pytest.raises(CredentialError) as caught:
        run(run.ask(service, REF))
    service.cuts()
    with pytest.raises(ServiceUnavailableError) as cut:
        run(run.ask(service, REF))
    assert "the-key-itself" not in f"{caught.value!r}{cut.value!r}{cut.value.__cause__!r}"
    assert caplog.records
    assert "the-key-itself" not in caplog.text


@pytest.mark.parametrize("key", ["", " ", "the key", "the-key\n", "the-key\r\nx: y", "the-klíč"])
def test_a_key_that_is_no_header_is_refused_unseen(key: str) -> None:
    """A key that cannot be sent is refused at once, without repeating it."""
    with pytest.raises(ValueError, match="partner_key") as caught:
        OctetClient("https://octet.example", partner_key=key)
    assert "the" not in str(caught.value)


# --- what is refused before it is sent ---------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "",
        "octet.example",
        "/octet",
        "ftp://octet.example",
        "https://",
        "https://me:secret@octet.example",
        "https://octet.example?x=y",
        "https://octet.example#x",
        "https://octet.example:port",
    ],
)
def test_a_base_url_that_is_none_is_refused(url: str) -> None:
    """A base URL must be http or https, with a host, and without user, query and fragment."""
    with pytest.raises(ValueError, match="base_url") as caught:
        OctetClient(url, partner_key=KEY)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("timeout_s", [0, -1.0, float("nan")])
def test_a_timeout_must_leave_some_time(timeout_s: float) -> None:
    """A request that may take no time is a mistake in the configuration."""
    with pytest.raises(ValueError, match="timeout_s"):
        OctetClient("https://octet.example", partner_key=KEY, timeout_s=timeout_s)


@pytest.mark.parametrize(
    "ref",
    [
        "",
        "short",
        "x" * 129,
        "sess_/../../keys",
        "sess_abcd?x=y",
        "sess_abcdé",
        "sess_abcd\n",
        None,
    ],
)
def test_a_reference_that_is_none_is_never_sent(service: LittleService, run: Run, ref: Any) -> None:
    """A reference is checked before it becomes a part of a URL."""

    async def scenario() -> None:
        async with run.client(service) as octet:
            for question in (octet.verdict, octet.wait_for_verdict):
                with pytest.raises(InvalidRequestError) as caught:
                    await question(ref)
                assert (caught.value.code, caught.value.status) == ("malformed", None)

    run(scenario)
    assert not service.requests


@pytest.mark.parametrize("wait_ms", [-1, 0.5, True, "5", None])
def test_a_wait_that_is_none_is_never_sent(service: LittleService, run: Run, wait_ms: Any) -> None:
    """A wait is a whole number of milliseconds from 0."""
    with pytest.raises(InvalidRequestError) as caught:
        run(run.ask(service, REF, wait_ms))
    assert (caught.value.code, caught.value.status) == ("malformed", None)
