"""The service as the edge reaches it."""

import gzip
import logging
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from trio.testing import MockClock

from octet.edge.batch_names import BatchNames
from octet.edge.circuit import FAILURES
from octet.edge.config import EdgeConfig
from octet.edge.kept_connections import IDLE_S
from octet.edge.link import MAX_REPLY_BYTES
from octet.edge.outcome import NONSENSE, TIMED_OUT, UNREACHABLE, Failed, Outcome
from octet.edge.readiness import Readiness
from octet.edge.relay import Forward, Relay
from octet.edge.signature import content_digest
from octet.edge.upstream import Upstream, open_upstream, read_trust
from octet.schema import Accepted
from octet.serving import ConfigError
from octet.serving.places import LocalCount, Places
from tests.certificates import Certificate, make_certificate
from tests.edge.conftest import environment
from tests.edge.fakes import LICENSE, NOW_MS, Answer, FakeService, accepted, answer
from tests.edge.test_signature import RFC_PUBLIC, RFC_SEED, verify
from tests.serving.wire import Message, Reader

BATCH = [Forward("a", b'{"id":"a"}'), Forward("b", b'{"id":"b"}')]
OK = [Accepted(id="a"), Accepted(id="b")]


def opened(url: str, **more: str) -> AbstractAsyncContextManager[Upstream]:
    config = EdgeConfig.from_environment(environment(url, **more))
    return open_upstream(config, read_trust(config), lambda: NOW_MS)


async def post(url: str, **more: str) -> list[Outcome]:
    async with opened(url, **more) as upstream:
        return await upstream.post(BATCH)


# --- a service that decides on every byte ----------------------------------------------------

Talk = Callable[[Reader, trio.SocketStream, int], Awaitable[None]]
"""Is handed each connection with its number, from 0."""


@asynccontextmanager
async def speaking(talk: Talk) -> AsyncIterator[str]:
    """Serve by *talk* on a free port of loopback; yield the URL."""
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    count = 0

    async def handle(stream: trio.SocketStream) -> None:
        nonlocal count
        number, count = count, count + 1
        async with stream:
            await talk(Reader(stream), stream, number)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, handle, [listener])
        yield f"http://127.0.0.1:{listener.socket.getsockname()[1]}"
        nursery.cancel_scope.cancel()


RESULTS = answer(200, {"results": accepted([{"id": "a"}, {"id": "b"}])}).text


# --- a batch ---------------------------------------------------------------------------------


async def test_batch(service: FakeService) -> None:
    """A batch is one request with the licence."""
    assert await post(service.url) == OK
    assert service.batches == [[{"id": "a"}, {"id": "b"}]]
    assert service.headers[0]["x-octet-license"] == LICENSE
    assert service.headers[0]["accept-encoding"] == "identity"
    assert re.fullmatch(r"[0-9a-f]{16}", service.headers[0]["x-request-id"])
    assert "signature" not in service.headers[0]


async def test_no_licence_in_development(service: FakeService) -> None:
    """Without a licence none is sent."""
    assert await post(service.url, OCTET_DEV="1", LICENSE="") == OK
    assert "x-octet-license" not in service.headers[0]


async def test_request_line_and_host() -> None:
    """The base URL's own path comes first, and Host is its authority."""
    asked: list[Message] = []

    async def talk(reader: Reader, stream: trio.SocketStream, _: int) -> None:
        while message := await reader.message():
            asked.append(message)
            await stream.send_all(RESULTS)

    async with speaking(talk) as url, opened(f"{url}/a%20b//c/") as upstream:
        assert await upstream.post(BATCH) == OK
        assert await upstream.reachable()
    assert [message.start for message in asked] == [
        "POST /a%20b//c/v1/signals HTTP/1.1",
        "GET /a%20b//c/health HTTP/1.1",
    ]
    assert {message.headers["host"] for message in asked} == {url.removeprefix("http://")}
    assert "x-octet-license" not in asked[1].headers


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://Octet.Example", "octet.example"),
        ("https://octet.example:443/x", "octet.example"),
        ("http://octet.example:443", "octet.example:443"),
        ("http://octet.example:80", "octet.example"),
        ("https://[2001:DB8::1]:8443", "[2001:db8::1]:8443"),
        ("http://[::1]", "[::1]"),
    ],
)
def test_authority(url: str, authority: str) -> None:
    """The authority is in lower case and names no default port."""
    config = EdgeConfig.from_environment(environment(url))
    upstream = Upstream(config, ssl.create_default_context(), lambda: NOW_MS)
    assert upstream._post(b"", BatchNames.of([])).headers["host"] == authority


@pytest.mark.parametrize("cut", [b"garbage\r\n\r\n", b"", b"HTTP/1.1 200 OK\r\n"])
async def test_broken_service(service: FakeService, cut: bytes) -> None:
    """What is no HTTP, or ends too early, was not reached."""
    service.answers(Answer(cut))
    assert await post(service.url) == [UNREACHABLE] * 2


async def test_no_service() -> None:
    """A refused connection is unreachable."""
    assert await post("http://127.0.0.1:1") == [UNREACHABLE] * 2


# --- wrong and hostile answers ---------------------------------------------------------------


@pytest.mark.parametrize("location", ["{url}/elsewhere", "https://[::no]/", "ftp://a.test"])
async def test_redirect_is_not_followed(service: FakeService, location: str) -> None:
    """The licence goes nowhere else, wherever that is."""
    service.answers(answer(307, location=location.format(url=service.url)))
    assert await post(service.url) == [NONSENSE] * 2
    assert not service.unexpected


async def test_cookies_are_not_kept(service: FakeService) -> None:
    """Nothing that one answer said comes back with the next request."""
    results = {"results": accepted([{"id": "a"}, {"id": "b"}])}
    service.answers(answer(200, results, set_cookie="a=b", server="é"))
    async with opened(service.url) as upstream:
        assert await upstream.post(BATCH) == OK
        assert await upstream.post(BATCH) == OK
    assert "cookie" not in service.headers[1]


@pytest.mark.parametrize("content", [b"x" * 10_000_000, RESULTS.partition(b"\r\n\r\n")[2]])
async def test_compressed_answer(service: FakeService, content: bytes) -> None:
    """An encoding that was not asked for is not undone: a bomb stays as small as it came."""
    service.answers(answer(200, gzip.compress(content), content_encoding="gzip"))
    assert await post(service.url) == [NONSENSE] * 2


async def test_endless_answer(service: FakeService) -> None:
    """An answer past the bound is nonsense, and its connection is not used again."""
    service.answers(answer(200, b"x" * (MAX_REPLY_BYTES + 1)))
    async with opened(service.url) as upstream:
        assert await upstream.post(BATCH) == [NONSENSE] * 2
        assert upstream._connections.idle == 0
        assert await upstream.post(BATCH) == OK


async def test_slow_service(service: FakeService) -> None:
    """A batch has one deadline in all; past it nothing of it is left open."""
    service.holds()
    async with opened(service.url, EDGE_RELAY_TIMEOUT_MS="20") as upstream:
        assert await upstream.post(BATCH) == [TIMED_OUT] * 2
        assert upstream._connections.idle == 0


async def test_dribble(mock_clock: MockClock) -> None:
    """An answer that comes byte by byte ends at the deadline, however lively it is."""

    async def talk(reader: Reader, stream: trio.SocketStream, _: int) -> None:
        assert await reader.message()
        for byte in RESULTS:
            await stream.send_all(bytes([byte]))
            mock_clock.jump(0.2)
            await trio.testing.wait_all_tasks_blocked()
        assert await reader.message() is None

    async with speaking(talk) as url, opened(url) as upstream:
        assert await upstream.post(BATCH) == [TIMED_OUT] * 2
        assert trio.current_time() < 2 * 5.0


# --- kept connections ------------------------------------------------------------------------


@pytest.mark.parametrize("last", [b"", answer(408, connection="close").text])
async def test_stale_connection_costs_nothing(last: bytes) -> None:
    """A batch that meets a connection the service has just closed goes out once more, at once."""
    asked: list[tuple[int, Message]] = []

    async def talk(reader: Reader, stream: trio.SocketStream, number: int) -> None:
        for reply in (RESULTS, last) if number == 0 else (RESULTS, RESULTS):
            if (message := await reader.message()) is None:
                return
            asked.append((number, message))
            await stream.send_all(reply)

    async with speaking(talk) as url, opened(url, EDGE_SIGNING_KEY=RFC_SEED) as upstream:
        assert await upstream.post(BATCH) == OK
        assert await upstream.post(BATCH) == OK
        assert upstream._connections.idle == 1
        assert upstream.circuit.refusal() is None
    assert [number for number, _ in asked] == [0, 0, 1]
    assert len({message.body for _, message in asked}) == 1
    first, second, third = (message.headers for _, message in asked)
    assert second["x-request-id"] == third["x-request-id"] != first["x-request-id"]
    assert len({fields["signature-input"] for fields in (first, second, third)}) == 3


async def test_only_once_more() -> None:
    """A service that closes new connections too is unreachable, and is not asked a third time."""
    asked: list[int] = []

    async def talk(reader: Reader, stream: trio.SocketStream, number: int) -> None:
        while await reader.message():
            asked.append(number)
            if len(asked) > 1:
                return
            await stream.send_all(RESULTS)

    async with speaking(talk) as url, opened(url) as upstream:
        assert await upstream.post(BATCH) == OK
        assert await upstream.post(BATCH) == [UNREACHABLE] * 2
        assert asked == [0, 0, 1]


async def test_begun_answer_is_final() -> None:
    """A batch whose answer had begun is not sent again by the edge."""
    asked: list[int] = []

    async def talk(reader: Reader, stream: trio.SocketStream, number: int) -> None:
        for reply in (RESULTS, b"HTTP/1.1 200"):
            assert await reader.message()
            asked.append(number)
            await stream.send_all(reply)

    async with speaking(talk) as url, opened(url) as upstream:
        assert await upstream.post(BATCH) == OK
        assert await upstream.post(BATCH) == [UNREACHABLE] * 2
    assert asked == [0, 0]


async def test_connections_are_kept_and_given_up(mock_clock: MockClock) -> None:
    """Requests share a connection until it has been idle for too long."""
    numbers: list[int] = []

    async def talk(reader: Reader, stream: trio.SocketStream, number: int) -> None:
        while await reader.message():
            numbers.append(number)
            await stream.send_all(RESULTS)

    async with speaking(talk) as url, opened(url) as upstream:
        for idle_s in (0, IDLE_S, IDLE_S + 0.1):
            mock_clock.jump(idle_s)
            assert await upstream.post(BATCH) == OK
        assert upstream._connections.idle == 1
    assert numbers == [0, 0, 1]


async def test_cancelled_post_leaves_nothing_open() -> None:
    """A post that is given up closes its connection, and the next one opens another."""
    closed = trio.Event()

    async def talk(reader: Reader, stream: trio.SocketStream, number: int) -> None:
        assert await reader.message()
        if number == 0:
            nursery.cancel_scope.cancel()
            assert await reader.message() is None
            closed.set()
        else:
            await stream.send_all(RESULTS)

    async with speaking(talk) as url, opened(url) as upstream:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(upstream.post, BATCH)
        assert upstream._connections.idle == 0
        with trio.fail_after(5):
            await closed.wait()
        assert await upstream.post(BATCH) == OK


# --- the circuit -----------------------------------------------------------------------------


async def test_circuit_learns(service: FakeService) -> None:
    """No answer opens the circuit, a healthy probe puts it on trial, an answer closes it."""
    async with opened(service.url) as upstream:
        service.answers(*[Answer(b"")] * FAILURES)
        for _ in range(FAILURES):
            assert not upstream.circuit.is_open
            assert await upstream.post(BATCH) == [UNREACHABLE] * 2
        assert upstream.circuit.is_open
        service.healthy = False
        assert not await upstream.reachable()
        assert upstream.circuit.is_open
        service.healthy = True
        assert await upstream.reachable()
        assert not upstream.circuit.is_open
        assert await upstream.post(BATCH) == OK
        assert upstream.circuit._failures == 0


async def test_errors_are_answers(service: FakeService) -> None:
    """A service that answers, be it with failures, makes nobody wait and is no dead one."""
    async with opened(service.url) as upstream:
        service.answers(*[answer(500)] * (2 * FAILURES))
        for _ in range(2 * FAILURES):
            await upstream.post(BATCH)
        assert upstream.circuit.refusal() is None


async def test_probes_open_the_circuit(mock_clock: MockClock) -> None:
    """A service that goes silent while nobody posts is known for dead before the next post."""

    async def talk(reader: Reader, _: trio.SocketStream, __: int) -> None:
        assert await reader.message()
        mock_clock.jump(10)
        assert await reader.message() is None

    async with speaking(talk) as url, opened(url) as upstream:
        for _ in range(FAILURES):
            assert not await upstream.reachable()
        assert upstream.circuit.is_open


@pytest.mark.parametrize("status", [429, 503])
async def test_pause(service: FakeService, status: int) -> None:
    """Retry-After of the service pauses the relay, and no other answer does."""
    async with opened(service.url) as upstream:
        service.answers(
            answer(status), answer(500, retry_after="9"), answer(status, retry_after="9")
        )
        for _ in range(2):
            await upstream.post(BATCH)
            assert upstream.circuit.refusal() is None
        assert await upstream.post(BATCH) == [Failed("upstream_unavailable", "", 9)] * 2
        assert upstream.circuit.refusal() == Failed("upstream_unavailable", "", 9)


async def test_reachable(service: FakeService) -> None:
    """The probe tells a healthy service from a sick one and from none."""
    async with opened(service.url) as upstream:
        assert await upstream.reachable()
        service.healthy = False
        assert not await upstream.reachable()
    async with opened("http://127.0.0.1:1") as upstream:
        assert not await upstream.reachable()


# --- what the operator learns ----------------------------------------------------------------


CUT = Answer(b"HTTP/1.1 200 OK\r\n")


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the log says since the last call."""
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("octet")]
    caplog.clear()
    return lines


async def test_each_change_is_one_line(
    service: FakeService, caplog: pytest.LogCaptureFixture, mock_clock: MockClock
) -> None:
    """A refusal, its end, another, silence and an answer that is none are each told once."""
    caplog.set_level(logging.INFO)

    def late(_: object) -> Answer:
        mock_clock.jump(10)
        return Answer(b"", trio.Event())

    answers = "the service does not take reports: it answers status"
    strange = answer(400, {"code": f"x\n{LICENSE}"})
    faults: list[tuple[Any, str]] = [
        (answer(403, {"code": "license_revoked"}), f"{answers} 403, code license_revoked"),
        (answer(401, {"code": "license_expired"}), f"{answers} 401, code license_expired"),
        (answer(503), f"{answers} 503, code none"),
        (answer(200, []), f"{answers} 200, code none"),
        (strange, f"{answers} 400, code none"),
        (CUT, "the service cannot be reached: status 503, code upstream_unavailable"),
        (late, "the service does not answer in time: status 504, code upstream_timeout"),
        (None, "the service is back"),
    ]
    async with opened(service.url) as upstream:
        assert await upstream.post(BATCH) == OK
        assert told(caplog) == []
        for given, line in faults:
            for attempt in range(3):
                if given is not None:
                    service.answers(given)
                await upstream.post(BATCH)
                request_id = service.headers[-1]["x-request-id"]
                assert told(caplog) == ([] if attempt else [f"{line} (request {request_id})"])


async def test_probes_tell_of_an_outage_once(
    service: FakeService, caplog: pytest.LogCaptureFixture
) -> None:
    """A service that goes and comes while nobody posts is told of; a good probe of a service that
    cuts every post short says nothing.
    """
    caplog.set_level(logging.INFO)
    async with opened("http://127.0.0.1:1") as upstream:
        for _ in range(3):
            assert not await upstream.reachable()
        unreachable = "the service cannot be reached: status 503, code upstream_unavailable"
        assert told(caplog) == [unreachable]
        upstream._client.base_url = service.url
        for _ in range(3):
            assert await upstream.reachable()
        assert told(caplog) == ["the service is back"]
        for attempt in range(3):
            service.answers(CUT)
            assert await upstream.post(BATCH) == [UNREACHABLE] * 2
            assert await upstream.reachable()
            assert len(told(caplog)) == (0 if attempt else 1)


REFUSED = ["the service refuses this edge's licence"]


@pytest.mark.parametrize("status", [401, 403])
async def test_refused_edge_is_not_ready(
    service: FakeService, status: int, autojump_clock: MockClock
) -> None:
    """From a refusal to the next post that succeeds `/ready` says so, whatever comes between."""
    async with opened(service.url) as upstream, trio.open_nursery() as nursery:
        readiness = Readiness(
            Relay(upstream.post, places=Places(1, LocalCount()), circuit=upstream.circuit), probe
        )
        nursery.start_soon(readiness.run)
        await trio.testing.wait_all_tasks_blocked()
        assert readiness.reasons() == []
        service.answers(answer(status, {"code": "license_revoked"}), answer(500), answer(404))
        for _ in range(3):
            await upstream.post(BATCH)
            assert readiness.reasons() == REFUSED
        assert await upstream.post(BATCH) == OK
        assert readiness.reasons() == []
        nursery.cancel_scope.cancel()


async def probe() -> bool:
    return True


async def test_refusal_needs_no_traffic_to_end(
    service: FakeService, caplog: pytest.LogCaptureFixture
) -> None:
    """The probe asks a service that refused this edge again, by a batch of nothing."""
    caplog.set_level(logging.INFO)
    async with opened(service.url) as upstream:
        assert await upstream.reachable()
        assert not service.batches
        refusal = answer(401, {"code": "license_not_yet_valid"})
        service.answers(refusal, refusal, answer(429), answer(400, {"code": "malformed"}))
        await upstream.post(BATCH)
        assert len(told(caplog)) == 1
        for denied, lines in ((True, 0), (True, 1), (False, 1), (False, 0)):
            assert await upstream.reachable()
            assert upstream.circuit.denied is denied
            assert len(told(caplog)) == lines
    assert service.batches[1:] == [[]] * 3
    assert all(fields["x-octet-license"] == LICENSE for fields in service.headers)


# --- signatures ------------------------------------------------------------------------------


async def test_signed(service: FakeService, caplog: pytest.LogCaptureFixture) -> None:
    """A forward is signed as it is sent; the log tells what the licence must name, no secret."""
    caplog.set_level(logging.INFO)
    async with opened(service.url, EDGE_SIGNING_KEY=RFC_SEED) as upstream:
        assert await upstream.post(BATCH) == OK
        assert await upstream.post(BATCH) == OK
    nonces = set()
    for body, fields in zip(service.bodies, service.headers, strict=True):
        assert fields["content-digest"] == content_digest(body)
        line = {"@method": "POST", "@authority": fields["host"], "@path": "/v1/signals"}
        parameters = verify(fields | line, fields, RFC_PUBLIC)
        assert parameters["created"] == str(NOW_MS // 1000)
        assert parameters["keyid"] in caplog.text
        nonces.add(parameters["nonce"])
    assert len(nonces) == 2
    assert RFC_PUBLIC in caplog.text
    assert RFC_SEED not in caplog.text


# --- TLS -------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """What the edge shows the service."""
    return make_certificate(tmp_path_factory.mktemp("own"))


@pytest.fixture
async def secure_url(
    service: FakeService, certificate: Certificate, own: Certificate
) -> AsyncIterator[str]:
    """A service that demands a certificate that *own* vouches for."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=own.chain)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(certificate.chain, certificate.key)
    (listener,) = await trio.open_ssl_over_tcp_listeners(
        0, context, host="127.0.0.1", https_compatible=True
    )
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, service._talk, [listener])
        assert isinstance(listener.transport_listener, trio.SocketListener)
        port = listener.transport_listener.socket.getsockname()[1]
        yield f"https://localhost:{port}"
        nursery.cancel_scope.cancel()


def client_files(certificate: Certificate) -> dict[str, str]:
    return {
        "EDGE_CLIENT_CERT_FILE": str(certificate.chain),
        "EDGE_CLIENT_KEY_FILE": str(certificate.key),
    }


async def test_mutual_tls(
    service: FakeService, secure_url: str, certificate: Certificate, own: Certificate
) -> None:
    """With the service's own authority and the edge's certificate both sides are sure."""
    files = {"OCTET_CA_FILE": str(certificate.chain)} | client_files(own)
    async with opened(secure_url, **files) as upstream:
        assert await upstream.post(BATCH) == OK
        assert await upstream.reachable()
        assert upstream._connections.idle == 1
    assert service.headers[0]["host"] == secure_url.removeprefix("https://")


async def test_secured_anew(
    service: FakeService, secure_url: str, certificate: Certificate, own: Certificate
) -> None:
    """What is shown and believed can be renewed: it counts at once, and for kept connections."""
    files = {"OCTET_CA_FILE": str(certificate.chain)} | client_files(own)
    good = EdgeConfig.from_environment(environment(secure_url, **files))
    bad = EdgeConfig.from_environment(environment(secure_url, **client_files(own)))
    async with opened(secure_url, **files) as upstream:
        assert await upstream.post(BATCH) == OK
        upstream.secure(read_trust(bad))
        assert await upstream.post(BATCH) == [UNREACHABLE] * 2
        upstream.secure(read_trust(good))
        assert await upstream.post(BATCH) == OK
        assert upstream._connections.idle == 1
    assert len(service.bodies) == 2


async def test_service_of_another_authority(
    service: FakeService, secure_url: str, own: Certificate
) -> None:
    """Who cannot prove to be the service is told nothing."""
    for trusted in ({"OCTET_CA_FILE": str(own.chain)}, {}):
        assert await post(secure_url, **trusted, **client_files(own)) == [UNREACHABLE] * 2
    assert not service.bodies


async def test_service_of_another_name(
    service: FakeService, secure_url: str, certificate: Certificate, own: Certificate
) -> None:
    """A certificate for another name proves nothing."""
    files = {"OCTET_CA_FILE": str(certificate.chain)} | client_files(own)
    trio.socket.set_custom_hostname_resolver(_Here())
    assert await post(secure_url, **files) == OK
    url = secure_url.replace("localhost", "another.test")
    assert await post(url, **files) == [UNREACHABLE] * 2
    assert len(service.bodies) == 1


class _Here(trio.abc.HostnameResolver):
    """Every name is this machine's."""

    async def getaddrinfo(self, _: object, port: bytes | str | int | None, *__: object) -> Any:
        address = ("127.0.0.1", port)
        return [(trio.socket.AF_INET, trio.socket.SOCK_STREAM, 0, "", address)]

    async def getnameinfo(self, _: object, __: int) -> tuple[str, str]:
        raise NotImplementedError


async def test_edge_of_another_authority(
    service: FakeService, secure_url: str, certificate: Certificate
) -> None:
    """A service that demands a certificate is not reached with none or with another."""
    trusted = {"OCTET_CA_FILE": str(certificate.chain)}
    for files in ({}, client_files(certificate)):
        assert await post(secure_url, **trusted, **files) == [UNREACHABLE] * 2
    assert not service.bodies


def test_files_must_hold_what_they_should(garbage: Path, own: Certificate) -> None:
    """Every file that does not is named, before anything starts."""
    files = {"OCTET_CA_FILE": str(garbage)} | client_files(Certificate(own.chain, garbage))
    config = EdgeConfig.from_environment(environment("https://a.test", **files))
    with pytest.raises(ConfigError) as caught:
        read_trust(config)
    assert [fault.split()[0] for fault in caught.value.faults] == [
        "OCTET_CA_FILE",
        "EDGE_CLIENT_CERT_FILE",
    ]


def test_key_of_another_certificate(own: Certificate, certificate: Certificate) -> None:
    """A key that does not fit its certificate is a fault."""
    files = client_files(Certificate(own.chain, certificate.key))
    config = EdgeConfig.from_environment(environment("https://a.test", **files))
    with pytest.raises(ConfigError, match="EDGE_CLIENT_KEY_FILE"):
        read_trust(config)


def test_encrypted_key_does_not_prompt(own: Certificate, tmp_path: Path) -> None:
    """A key behind a password is a fault, not a question on a terminal that nobody watches."""
    key = load_pem_private_key(own.key.read_bytes(), None)
    locked = tmp_path / "locked.pem"
    encryption = BestAvailableEncryption(b"password")
    locked.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    files = client_files(Certificate(own.chain, locked))
    config = EdgeConfig.from_environment(environment("https://a.test", **files))
    with pytest.raises(ConfigError, match="unencrypted"):
        read_trust(config)
