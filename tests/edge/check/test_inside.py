"""The way to the service by the edge's own client, to the real service and to what is none."""

import base64
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio

from octet.edge.check import inside
from octet.edge.check.finding import Finding, Status
from octet.edge.check.inside import check_inside
from octet.edge.clock import EpochMs, epoch_ms
from octet.edge.config import EdgeConfig
from octet.edge.signature import SigningKey
from octet.service.app import create_app
from octet.service.config import ServiceConfig
from octet.service.credentials import Kind
from octet.service.credentials.instant import to_text
from octet.serving import ServerSettings, listen, serve
from tests.certificates import Certificate, make_certificate
from tests.edge.conftest import environment
from tests.edge.fakes import FakeService, answer
from tests.edge.proxies import listening
from tests.service.fakes import NOW_MS, Cupboard, ScriptedJudge

OK, WARN, FAIL, UNKNOWN = Status.OK, Status.WARN, Status.FAIL, Status.UNKNOWN
YEAR_MS = 365 * 86_400_000
SEED = base64.b64encode(bytes(range(32))).decode()

StartService = Callable[..., Awaitable[str]]


async def look(url: str, now_ms: EpochMs = epoch_ms, **variables: str) -> dict[str, Finding]:
    """Check the way to the service at *url*; return each finding by its name."""
    given = {"ALLOWED_ORIGIN": "https://yourapp.test"} | variables
    config = EdgeConfig.from_environment(environment(url, **given))
    findings = await check_inside(config, now_ms)
    for finding in findings:
        assert not config.license or config.license not in str(finding)
        assert SEED not in str(finding)
    found = {finding.name: finding for finding in findings}
    assert len(found) == len(findings) == 4
    return found


def but_ok(found: dict[str, Finding]) -> dict[str, Status]:
    return {name: f.status for name, f in found.items() if f.status is not OK}


class Issuer(Cupboard):
    """Issues what does not end soon, by the check's own clock."""

    def issue(self, kind: Kind = Kind.LICENSE, **changes: Any) -> str:
        return super().issue(kind, **{"exp": to_text(epoch_ms() + YEAR_MS)} | changes)


@pytest.fixture
def cupboard(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path / "keyring.json")


@pytest.fixture
def judge() -> ScriptedJudge:
    return ScriptedJudge()


@pytest.fixture
async def start(cupboard: Issuer, judge: ScriptedJudge) -> AsyncIterator[StartService]:
    """Start the real service, with a keyring."""

    async def started(tls: ssl.SSLContext | None = None, now_ms: EpochMs = lambda: NOW_MS) -> str:
        config = ServiceConfig(keyring=cupboard.file.path)
        app = create_app(config, judge, epoch_ms=now_ms)
        run = partial(serve, app, listen("127.0.0.1", 0), ServerSettings(tls=tls))
        url: str = await nursery.start(partial(run, shutdown=stop.wait))
        return url

    stop = trio.Event()
    async with trio.open_nursery() as nursery:
        yield started
        stop.set()


def server_side(certificate: Certificate, clients: Certificate | None = None) -> ssl.SSLContext:
    """Return a server's TLS; *clients* is whom it demands a certificate of."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.chain, certificate.key)
    if clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients.chain)
    return context


# --- the licence -------------------------------------------------------------------------------


async def test_all_is_well(start: StartService, cupboard: Issuer, judge: ScriptedJudge) -> None:
    """A service that takes the licence is told from others, and has judged nothing for it."""
    found = await look(await start(), LICENSE=cupboard.issue())
    assert but_ok(found) == {}
    assert found["license"].text.startswith("accepted; it ends on ")
    assert judge.seen == []


async def test_test_licence(start: StartService, cupboard: Issuer) -> None:
    """A test licence is accepted, and said to be one."""
    found = await look(await start(), LICENSE=cupboard.issue(live=False))
    assert but_ok(found) == {}
    assert "test licence" in found["license"].text


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"exp": to_text(NOW_MS)}, "license_expired"),
        ({"nbf": to_text(NOW_MS + 1000)}, "license_not_yet_valid"),
        ({"product": "toaster"}, "license_wrong_product"),
        ({"kind": Kind.PARTNER}, "license_invalid"),
    ],
)
async def test_refused_licence(
    start: StartService, cupboard: Issuer, claims: dict[str, Any], code: str
) -> None:
    """Why the service refuses a licence is told by its code, in words and with a way out."""
    found = await look(await start(), LICENSE=cupboard.issue(**claims))
    assert but_ok(found) == {"license": FAIL}
    assert code in found["license"].text
    assert found["license"].remedy


async def test_revoked_licence(start: StartService, cupboard: Issuer) -> None:
    """A licence that the operator revoked is told to be so."""
    license_token = cupboard.issue()
    cupboard.revoke()
    found = await look(await start(), LICENSE=license_token)
    assert but_ok(found) == {"license": FAIL}
    assert "license_revoked" in found["license"].text


async def test_licence_of_another_operator(
    start: StartService, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A licence that another key signed is not valid there."""
    other = Cupboard(tmp_path_factory.mktemp("other") / "keyring.json")
    found = await look(await start(), LICENSE=other.issue())
    assert but_ok(found) == {"license": FAIL}
    assert "license_invalid" in found["license"].text


async def test_no_licence(start: StartService) -> None:
    """A developer's edge before a service with a keyring learns that it needs a licence."""
    config = EdgeConfig.from_environment(
        {"OCTET_DEV": "1", "OCTET_URL": await start(), "ALLOWED_ORIGIN": "https://a.test"}
    )
    usable, caution, *_, refused = await check_inside(config, epoch_ms)
    assert (usable.status, caution.status, refused.status) == (OK, WARN, FAIL)
    assert "license_missing" in refused.text


async def test_what_is_sent_is_signed(service: FakeService) -> None:
    """With a signing key the batch of nothing is signed as any other, and the key id is told."""
    found = await look(service.url, EDGE_SIGNING_KEY=SEED)
    (headers,) = service.headers
    assert 'keyid="56475aa75463474c"' in headers["signature-input"]
    assert "signature" in headers
    assert service.batches == [[]]
    assert "56475aa75463474c" in found["configuration"].text
    assert found["license"].status is OK


@pytest.mark.parametrize(
    ("key", "ahead_s", "code"),
    [
        (SEED, 0, ""),
        ("", 0, "edge_signature_required"),
        (base64.b64encode(bytes(32)).decode(), 0, "edge_key_unknown"),
        (SEED, 600, "edge_signature_invalid"),
    ],
)
async def test_licence_that_demands_signatures(
    start: StartService, cupboard: Issuer, key: str, ahead_s: int, code: str
) -> None:
    """The real service takes the signature that the edge will make, or says what is wrong."""
    url = await start(now_ms=epoch_ms)
    license_token = cupboard.issue(signing_keys=(SigningKey.read(SEED).public,))
    skewed = partial(_later, ahead_s * 1000)
    found = await look(url, skewed, LICENSE=license_token, EDGE_SIGNING_KEY=key)
    assert but_ok(found) == ({"license": FAIL} if code else {}) | (
        {"clock": FAIL} if ahead_s else {}
    )
    assert code in found["license"].text


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, "", FAIL),
        (403, "", FAIL),
        (404, "not_found", FAIL),
        (429, "rate_limited", UNKNOWN),
        (503, "overloaded", FAIL),
    ],
)
async def test_other_answers(
    service: FakeService, status: int, code: str, expected: Status
) -> None:
    """Nothing but the service's own word that the batch is malformed counts as a yes."""
    service.answers(answer(status, {"code": code} if code else b"<html>"))
    found = await look(service.url)
    assert found["license"].status is expected
    assert str(status) in found["license"].text


# --- the clock ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ahead_s", "key", "expected"),
    [
        (0, SEED, {}),
        (45, "", {"clock": WARN}),
        (-600, "", {"clock": WARN}),
        (600, SEED, {"clock": FAIL}),
    ],
)
async def test_clock(
    start: StartService, cupboard: Issuer, ahead_s: int, key: str, expected: dict[str, Status]
) -> None:
    """A clock that is off is told; it is fatal where signatures carry its time."""
    skewed = partial(_later, ahead_s * 1000)
    license_token = cupboard.issue()
    found = await look(await start(), skewed, LICENSE=license_token, EDGE_SIGNING_KEY=key)
    assert {n: s for n, s in but_ok(found).items() if n != "license"} == expected
    if ahead_s:
        assert ("ahead of" if ahead_s > 0 else "behind") in found["clock"].text


def _later(by_ms: int) -> int:
    return epoch_ms() + by_ms


async def test_no_date(service: FakeService) -> None:
    """Of a service that does not tell the time nothing is known, and nothing assumed."""
    assert but_ok(await look(service.url)) == {"clock": UNKNOWN}


# --- the way there -----------------------------------------------------------------------------


async def test_pinned_authority(
    start: StartService, cupboard: Issuer, certificate: Certificate
) -> None:
    """A service with an authority of its own is reached once that is pinned, and only then."""
    url, license_token = await start(server_side(certificate)), cupboard.issue()
    found = await look(url, LICENSE=license_token, OCTET_CA_FILE=str(certificate.chain))
    assert but_ok(found) == {}
    assert "OCTET_CA_FILE" in found["service"].text
    found = await look(url, LICENSE=license_token)
    assert but_ok(found) == {"service": FAIL, "clock": UNKNOWN, "license": UNKNOWN}
    assert "self-signed" in found["service"].text
    assert "OCTET_CA_FILE" in found["service"].remedy


async def test_wrong_authority(
    start: StartService,
    cupboard: Issuer,
    certificate: Certificate,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """A pinned authority that did not sign the service's certificate is not enough."""
    other = make_certificate(tmp_path_factory.mktemp("other"))
    url = await start(server_side(certificate))
    found = await look(url, LICENSE=cupboard.issue(), OCTET_CA_FILE=str(other.chain))
    assert found["service"].status is FAIL
    assert "not to be trusted" in found["service"].text


async def test_mutual_tls(
    start: StartService,
    cupboard: Issuer,
    certificate: Certificate,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """A service that demands a certificate is reached with the right one; else it is asked for."""
    own, other = (make_certificate(tmp_path_factory.mktemp(name)) for name in ("own", "other"))
    url = await start(server_side(certificate, clients=own))
    given: dict[str, Any] = {"LICENSE": cupboard.issue(), "OCTET_CA_FILE": str(certificate.chain)}
    for shown, status in ((own, OK), (other, FAIL), (None, FAIL)):
        pair: dict[str, Any] = (
            {"EDGE_CLIENT_CERT_FILE": str(shown.chain), "EDGE_CLIENT_KEY_FILE": str(shown.key)}
            if shown
            else {}
        )
        found = await look(url, **given, **pair)
        assert found["service"].status is status
        assert status is OK or "EDGE_CLIENT_CERT_FILE" in found["service"].remedy


async def test_wrong_scheme(
    start: StartService, cupboard: Issuer, certificate: Certificate
) -> None:
    """Https to a service in the clear, and the other way round, is told as that."""
    plain, secured = await start(), await start(server_side(certificate))
    found = await look(plain.replace("http:", "https:"), LICENSE=cupboard.issue())
    assert found["service"].status is FAIL
    assert "https in OCTET_URL" in found["service"].remedy
    found = await look(secured.replace("https:", "http:"), LICENSE=cupboard.issue())
    assert found["service"].status is FAIL
    assert "scheme" in found["service"].remedy


async def test_nothing_listens() -> None:
    """A port where nothing listens is told; the rest is not known."""
    with listening() as listener:
        port = listener.getsockname()[1]
    found = await look(f"http://127.0.0.1:{port}")
    assert but_ok(found) == {"service": FAIL, "clock": UNKNOWN, "license": UNKNOWN}
    assert "refuses the connection" in found["service"].text


async def test_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that takes the connection and says nothing is given up."""
    monkeypatch.setattr(inside, "PATIENCE_S", 0.05)
    with listening() as listener:
        found = await look(f"http://127.0.0.1:{listener.getsockname()[1]}")
    assert "does not answer in time" in found["service"].text


async def test_no_http() -> None:
    """What answers in another protocol is told as that."""

    async def greet(stream: trio.SocketStream) -> None:
        async with stream:
            await stream.send_all(b"SSH-2.0-OpenSSH_9.2\r\n")
            await stream.receive_some()

    async with trio.open_nursery() as nursery:
        (listener,) = await nursery.start(partial(trio.serve_tcp, greet, 0, host="127.0.0.1"))
        found = await look(f"http://127.0.0.1:{listener.socket.getsockname()[1]}")
        nursery.cancel_scope.cancel()
    assert found["service"].status is FAIL
    assert "no HTTP" in found["service"].text


async def test_wrong_base(start: StartService, cupboard: Issuer) -> None:
    """A path below which there is no service is told as that."""
    found = await look(f"{await start()}/nowhere", LICENSE=cupboard.issue())
    assert found["service"].status is FAIL
    assert "404" in found["service"].text
