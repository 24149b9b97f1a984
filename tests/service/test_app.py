"""The service over HTTP, in-process and on virtual time: posts, and what holds of all routes."""

import json
from typing import Any

import attrs
import pytest
import trio
from quart.testing import WebsocketResponseError
from quart.wrappers import Response
from trio.testing import MockClock, wait_all_tasks_blocked

from octet.schema import MAX_BATCH_BYTES, Envelope, Refused
from octet.schema.signal import wire_name
from octet.schema.verdict import Verdict
from octet.service import intake
from octet.service.app import create_app
from octet.service.batch import read_batch
from octet.service.config import ServiceConfig
from octet.service.credentials import Kind
from octet.service.credentials.instant import to_text
from octet.service.engine import Engine
from tests.service.conftest import Logged
from tests.service.fakes import FRANCE, NOW_MS, ScriptedJudge, batch, raw_envelope, untold
from tests.service.house import JSON, LOCAL, URL, House, Peer, problem_of

# --- posts


async def test_session(house: House) -> None:
    """What an edge posts, the partner's backend reads."""
    posted = await house.post(raw_envelope("a"))
    assert (posted.status_code, await posted.get_json()) == (
        200,
        {"results": [{"id": "a", "ok": True}]},
    )
    read = await house.read()
    assert read.status_code == 200
    assert read.content_type == "application/json"
    assert read.headers["cache-control"] == "no-store"
    assert untold(await read.get_json()) == {"country": "DE", "confidence": 0.91, "alarm": "none"}


async def test_one_bad_envelope_fails_alone(house: House) -> None:
    """Among good envelopes a bad one has its own problem, in its place, with the request's id."""
    house.judge.script["c"] = FRANCE
    bad = raw_envelope("b") | {"receivedAt": -1}
    response = await house.post(
        raw_envelope("a"), bad, raw_envelope("c", ref="sess_87654321", want=True)
    )
    first, second, third = (await response.get_json())["results"]
    assert first == {"id": "a", "ok": True}
    assert second["ok"] is False
    assert second["problem"]["code"] == "malformed"
    assert second["problem"]["requestId"] == response.headers["x-request-id"]
    assert untold(third["verdict"]) == {"country": "FR", "confidence": 0.8, "alarm": "low"}
    assert (await house.read()).status_code == 200


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"envelopes":[]}', batch(*[{}] * 65), b'{"envelopes":[1e999]}']
)
async def test_malformed_batch(house: House, body: bytes) -> None:
    """No envelope, too many, or no JSON: the whole post is malformed."""
    await problem_of(await house.post_body(body, house.license), "malformed")


async def test_missing_fields(house: House) -> None:
    """A batch without its member says which one is missing."""
    response = await house.post_body(b"{}", house.license)
    assert "envelopes" in (await problem_of(response, "missing_fields")).detail


@pytest.mark.parametrize("kind", ["text/plain", "application/jsonp", ""])
async def test_content_type(house: House, kind: str) -> None:
    """Only JSON is taken."""
    response = await house.post(raw_envelope("a"), **{"content-type": kind})
    await problem_of(response, "unsupported_media_type")


async def test_content_type_with_parameter(house: House) -> None:
    """A charset does no harm."""
    kind = "application/json; charset=utf-8"
    assert (await house.post(raw_envelope("a"), **{"content-type": kind})).status_code == 200


async def test_too_large(house: House) -> None:
    """A body over 8 MiB is refused, whether it says its length or not."""
    body = b" " * (MAX_BATCH_BYTES + 1)
    await problem_of(await house.post_body(body, house.license), "too_large")


async def test_dripping_body_ends(house: House, mock_clock: MockClock) -> None:
    """A body that does not arrive in time gives its place back."""
    connection = house.client.request("/v1/signals", method="POST", headers=house.license)
    async with connection:
        await connection.send(b'{"env')
        await wait_all_tasks_blocked()
        assert house.bench._posts == 1
        mock_clock.jump(15)
    assert (await connection.as_response()).status_code == 400


@pytest.mark.parametrize(
    ("changes", "code", "status"),
    [
        ({"x-octet-license": ""}, "license_missing", 401),
        ({"x-octet-license": "octet_live_no"}, "license_invalid", 401),
    ],
)
async def test_license(house: House, changes: dict[str, str], code: str, status: int) -> None:
    """A post without a good licence is refused before its body is looked at."""
    response = await house.post_body(b"", house.license | changes)
    assert response.status_code == status
    await problem_of(response, code)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"exp": to_text(NOW_MS)}, "license_expired"),
        ({"nbf": to_text(NOW_MS + 1000)}, "license_not_yet_valid"),
        ({"product": "toaster"}, "license_wrong_product"),
        ({"kind": Kind.PARTNER}, "license_invalid"),
    ],
)
async def test_license_that_does_not_fit(house: House, changes: dict[str, Any], code: str) -> None:
    """What is wrong with a licence that the operator signed is told, and nothing is taken."""
    licence = {"x-octet-license": house.cupboard.issue(**changes)}
    response = await house.post(raw_envelope("a"), **licence)
    assert response.status_code == 401
    await problem_of(response, code)


async def test_revoked_license(house: House, mock_clock: MockClock) -> None:
    """A revoked licence is refused within a minute, with 403."""
    assert (await house.post(raw_envelope("a"))).status_code == 200
    house.cupboard.revoke()
    await house.minute(mock_clock)
    response = await house.post(raw_envelope("b"))
    assert response.status_code == 403
    await problem_of(response, "license_revoked")


async def test_engine_failure(house: House) -> None:
    """When the engine raises, that post has an internal problem and the next one is fine."""
    house.judge.script["a"] = ZeroDivisionError("why")
    response = await house.post(raw_envelope("a"))
    assert "why" not in (await problem_of(response, "internal")).detail
    assert (await house.post(raw_envelope("b"))).status_code == 200


async def test_overload(house: House) -> None:
    """One post too many is turned away with Retry-After; reads and health go on meanwhile."""
    house.judge.may_judge.clear()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(house.post, raw_envelope("a"))
        nursery.start_soon(house.post, raw_envelope("b"))
        await trio.to_thread.run_sync(house.judge.judging.wait)
        await wait_all_tasks_blocked()
        response = await house.post(raw_envelope("c"))
        await problem_of(response, "overloaded")
        assert response.headers["retry-after"] == "1"
        assert (await house.read()).status_code == 404
        assert (await house.read("/health")).status_code == 200
        assert (await house.read("/ready")).status_code == 503
        house.judge.may_judge.set()
    assert (await house.read("/ready")).status_code == 200


@pytest.mark.parametrize(
    ("announced", "size", "code"),
    [(True, 10_000, None), (True, MAX_BATCH_BYTES, "overloaded"), (False, 10_000, "overloaded")],
)
async def test_bytes_of_posts_are_bounded(
    house: House, announced: bool, size: int, code: str | None
) -> None:
    """A post counts with the bytes that it announces, or as the largest; too many have to wait."""
    body = batch(raw_envelope("a")).ljust(size)
    headers = house.license | ({"content-length": str(size)} if announced else {})
    with house.bench.seat(house.bench._max_bytes - MAX_BATCH_BYTES + 1):
        response = await house.post_body(body, headers)
    if code is None:
        assert response.status_code == 200
    else:
        assert (await problem_of(response, code)).detail == "too many bytes of posts"
        assert response.headers["retry-after"] == "1"
    assert (await house.post_body(body, headers)).status_code == 200
    assert house.bench._bytes == 0


async def test_one_batch_is_parsed_at_a_time(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch that waits for its turn is bytes: it is not read before the one ahead is judged."""
    bodies: list[bytes] = []

    def read(body: bytes, name: str) -> list[Envelope | Refused]:
        bodies.append(body)
        return read_batch(body, name)

    monkeypatch.setattr(intake, "read_batch", read)
    house.judge.may_judge.clear()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(house.post, raw_envelope("a"))
        nursery.start_soon(house.post, raw_envelope("b"))
        await trio.to_thread.run_sync(house.judge.judging.wait)
        await wait_all_tasks_blocked()
        assert len(bodies) == 1
        house.judge.may_judge.set()
    assert len(bodies) == 2


def of_requests(logged: Logged) -> list[dict[str, Any]]:
    """Return what was logged of requests, and not of Redis."""
    return [line for line in logged() if "request_id" in line]


async def test_refusals_are_logged_by_request_id(house: House, logged: Logged) -> None:
    """One line a refusal, with the edge's request id and the code, and nothing that was sent."""
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    name = {"x-request-id": "edge-request-1", "traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    await house.post(raw_envelope("a"), **name)
    assert of_requests(logged) == []
    bad = raw_envelope("b") | {"receivedAt": -1}
    await house.post(bad, raw_envelope("c"), {"id": "d"}, **name)
    await house.post_body(b"{}", house.license | name)
    await house.post_body(b"", house.license | name | {"x-octet-license": "octet_live_secret"})
    lines = of_requests(logged)
    assert [line["event"] for line in lines] == [
        "refused of 3 envelopes: 1 × malformed, 1 × missing_fields",
        "refused: missing_fields",
        "refused: license_invalid",
    ]
    assert {line["request_id"] for line in lines} == {"edge-request-1"}
    assert {line["trace_id"] for line in lines} == {trace}
    assert "secret" not in repr(lines)


async def test_engine_failure_is_logged_by_request_id(house: House, logged: Logged) -> None:
    """What the worker thread logs has the request's id, too; a malformed trace is none."""
    house.judge.script["a"] = ValueError("top-secret")
    name = {"x-request-id": "edge-request-2", "traceparent": "00-0-0-01"}
    await house.post(raw_envelope("a"), **name)
    lines = of_requests(logged)
    assert lines[0]["event"].startswith("the engine failed on 1 envelopes: ValueError")
    assert {line["request_id"] for line in lines} == {"edge-request-2"}
    assert not any("trace_id" in line for line in lines)
    assert "top-secret" not in repr(lines)


async def test_disconnected_edge(house: House) -> None:
    """An edge that hangs up while its post is judged harms nothing; the post again is fine."""
    house.judge.may_judge.clear()
    peer = Peer(batch(raw_envelope("a")))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(peer.call, house.app, "POST", "/v1/signals", "", house.license)
        await trio.to_thread.run_sync(house.judge.judging.wait)
        peer.hang_up()
        await wait_all_tasks_blocked()
        house.judge.may_judge.set()
    assert (await house.post(raw_envelope("a"))).status_code == 200


# --- the rest


async def test_health_and_ready(house: House) -> None:
    """A healthy service says so, without a credential."""
    assert (await (await house.read("/health", x="")).get_json())["ok"] is True
    assert await (await house.read("/ready", x="")).get_json() == {"ok": True, "reasons": []}


async def test_ready_tells_of_the_keyring(house: House, mock_clock: MockClock) -> None:
    """A keyring that cannot be used any more turns /ready and nothing else."""
    house.cupboard.file.path.chmod(0o644)
    await house.minute(mock_clock)
    response = await house.read("/ready")
    assert response.status_code == 503
    assert "mode 600" in (await response.get_json())["reasons"][0]
    assert (await house.post(raw_envelope("a"))).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("get", "/v1/signals", "OPTIONS, POST"),
        ("delete", URL, "GET, HEAD, OPTIONS"),
        ("post", "/health", "GET, HEAD, OPTIONS"),
    ],
)
async def test_method(house: House, method: str, path: str, allow: str) -> None:
    """A wrong method is told which are right."""
    response = await getattr(house.client, method)(path)
    assert isinstance(response, Response)
    await problem_of(response, "method_not_allowed")
    assert response.headers["allow"] == allow


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/verdict/", "/v1/key", "/nothing"])
async def test_not_found(house: House, path: str) -> None:
    """There is nothing else."""
    await problem_of(await house.read(path), "not_found")


async def test_request_id(house: House) -> None:
    """A usable request id is kept, any other is replaced."""
    for given, kept in (("edge-request-1", True), ("bad id", False)):
        response = await house.read("/health", **{"x-request-id": given})
        assert (response.headers["x-request-id"] == given) is kept


@pytest.mark.parametrize(("path", "status"), [("/v1/keys", 400), ("/v1/ws", 404)])
async def test_websocket(house: House, path: str, status: int) -> None:
    """Here is no WebSocket; the refusal names its request like any other."""
    async with house.client.websocket(path, headers={"x-request-id": "edge-request-1"}) as asked:
        with pytest.raises(WebsocketResponseError) as caught:
            await asked.receive()
    response = caught.value.response
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-request-id"] == "edge-request-1"


async def test_open_service() -> None:
    """A developer's service takes posts and reads without credentials."""
    client = create_app(ServiceConfig(dev=True), ScriptedJudge()).test_client()
    posted = await client.post(
        "/v1/signals", data=batch(raw_envelope("a")), headers=JSON, scope_base=LOCAL
    )
    assert posted.status_code == 200
    read = await client.get(URL, scope_base=LOCAL)
    assert json.loads(await read.get_data(as_text=True))["country"] == "DE"


@pytest.mark.parametrize("end", ["client", "server"])
@pytest.mark.parametrize("address", [("192.0.2.2", 1), ("fd00::2", 1), None])
async def test_open_service_is_closed_to_the_network(end: str, address: Any) -> None:
    """What did not come by a loopback address needs a credential, and there are none."""
    client = create_app(ServiceConfig(dev=True), ScriptedJudge()).test_client()
    scope = LOCAL | {end: address}
    posted = await client.post(
        "/v1/signals", data=batch(raw_envelope("a")), headers=JSON, scope_base=scope
    )
    assert isinstance(posted, Response)
    await problem_of(posted, "license_missing")
    read = await client.get(URL, scope_base=scope)
    assert isinstance(read, Response)
    await problem_of(read, "partner_key_missing")
    assert (await client.get("/health", scope_base=scope)).status_code == 200


async def test_real_engine(engine: Engine) -> None:
    """The real engine gives a verdict of the contract's members for the contract's envelope."""
    client = create_app(ServiceConfig(dev=True), engine).test_client()
    posted = await client.post(
        "/v1/signals", data=batch(raw_envelope("a")), headers=JSON, scope_base=LOCAL
    )
    assert await posted.get_json() == {"results": [{"id": "a", "ok": True}]}
    verdict = await (await client.get(URL, scope_base=LOCAL)).get_json()
    assert {"confidence", "alarm"} <= set(verdict)
    assert set(verdict) <= {wire_name(field.name) for field in attrs.fields(Verdict)}
