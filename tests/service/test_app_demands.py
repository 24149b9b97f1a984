"""Licences that demand signatures or client certificates, with the edge's own client, over sockets.

Both ends are the real ones: `octet.edge.upstream` posts, `octet.serving` serves the application.
"""

import base64
import hashlib
import json
import ssl
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from attrs import define, field

from octet.edge.config import EdgeConfig
from octet.edge.outcome import Failed, Outcome
from octet.edge.relay import Forward
from octet.edge.signature import SigningKey
from octet.edge.upstream import Upstream, open_upstream, read_trust
from octet.schema import Accepted
from octet.service.app import create_app
from octet.service.config import ServiceConfig
from octet.service.redis.address import RedisAddress
from octet.serving import ServerSettings, listen, serve
from tests.certificates import Certificate, make_certificate
from tests.edge.proxies import nginx
from tests.redis_server import RedisServer
from tests.service.fakes import NOW_MS, Cupboard, ScriptedJudge, raw_envelope

SEED = base64.b64encode(b"s" * 32).decode()
OTHER_SEED = base64.b64encode(b"o" * 32).decode()
PUBLIC = SigningKey.read(SEED).public
PATH = "/v1/signals"


@define(eq=False)
class House:
    """A service on a free port, and the operator's keyring."""

    directory: Path
    certificate: Certificate
    cupboard: Cupboard
    store: RedisAddress | None
    """Where its verdicts are; in memory if nowhere."""
    tls: bool = False
    client_ca: Path | None = None
    url: str = ""
    sent: list[httpx.Request] = field(factory=list)
    """What the last edge sent, as it was sent."""

    async def serve(self, *, task_status: trio.TaskStatus[str]) -> None:
        config = ServiceConfig(
            keyring=self.cupboard.file.path,
            store=self.store,
            tls=(self.certificate.chain, self.certificate.key),
            client_ca=self.client_ca,
        )
        await serve(
            create_app(config, ScriptedJudge(), epoch_ms=lambda: NOW_MS),
            listen("127.0.0.1", 0),
            ServerSettings(tls=config.tls_context() if self.tls else None),
            shutdown=trio.sleep_forever,
            task_status=task_status,
        )

    async def post(self, licence: str, url: str = "", name: str = "a", **more: str) -> str:
        """Post as an edge with *licence*; return ``ok``, or what the service refused it with."""
        variables = {"OCTET_URL": url or self.url, "LICENSE": licence} | more
        if self.tls:
            variables["OCTET_CA_FILE"] = str(self.certificate.chain)
        config = EdgeConfig.from_environment(variables)
        async with open_upstream(config, read_trust(config), lambda: NOW_MS) as upstream:
            self._record(upstream)
            forward = Forward(name, json.dumps(raw_envelope(name, want=True)).encode())
            return told(await upstream.post([forward]))

    def _record(self, upstream: Upstream) -> None:
        async def record(request: httpx.Request) -> None:
            self.sent.append(request)

        upstream._client.event_hooks = {"request": [record]}

    async def replay(self, request: httpx.Request, **changes: Any) -> httpx.Response:
        """Send *request* as it was seen on the wire, but for *changes*."""
        seen: dict[str, Any] = {
            "method": request.method,
            "url": request.url,
            "content": request.content,
        }
        async with httpx.AsyncClient(trust_env=False) as client:
            return await client.request(**seen | {"headers": request.headers} | changes)


def told(outcomes: list[Outcome]) -> str:
    """Return what an edge makes of the service's answer: ``ok``, or the code in its detail."""
    (outcome,) = outcomes
    if isinstance(outcome, Failed):
        return outcome.detail or outcome.code
    return "ok" if isinstance(outcome, Accepted) else outcome.problem.code


def code(response: httpx.Response) -> str:
    return str(response.json()["code"]) if response.status_code != httpx.codes.OK else "ok"


@pytest.fixture
async def house(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    certificate: Certificate,
    server: RedisServer | None,
) -> AsyncIterator[House]:
    """Serve, with each store; a parameter says what else the house has."""
    store = server.address if server else None
    house = House(tmp_path, certificate, Cupboard(tmp_path / "keyring.json"), store)
    getattr(request, "param", lambda _: None)(house)
    with trio.fail_after(30):
        async with trio.open_nursery() as nursery:
            house.url = await nursery.start(house.serve)
            yield house
            nursery.cancel_scope.cancel()


# --- signatures


async def test_signed(house: House) -> None:
    """A licence that names the edge's key takes what that edge signs."""
    licence = house.cupboard.issue(signing_keys=(PUBLIC,))
    assert await house.post(licence, EDGE_SIGNING_KEY=SEED) == "ok"


async def test_several_keys(house: House) -> None:
    """A licence may name the keys of many edges; one that names none takes all."""
    both = (SigningKey.read(OTHER_SEED).public, PUBLIC)
    for licence in (house.cupboard.issue(signing_keys=both), house.cupboard.issue()):
        for seed in (SEED, OTHER_SEED):
            assert await house.post(licence, EDGE_SIGNING_KEY=seed) == "ok"


async def test_unsigned(house: House) -> None:
    """A stolen licence alone is of no use."""
    licence = house.cupboard.issue(signing_keys=(PUBLIC,))
    assert "edge_signature_required" in await house.post(licence)


async def test_signed_by_another(house: House) -> None:
    """A key that the licence does not name opens nothing."""
    licence = house.cupboard.issue(signing_keys=(PUBLIC,))
    assert "edge_key_unknown" in await house.post(licence, EDGE_SIGNING_KEY=OTHER_SEED)


async def test_replay(house: House) -> None:
    """What was seen on the wire is not taken a second time, whatever way it comes."""
    licence = house.cupboard.issue(signing_keys=(PUBLIC,))
    assert await house.post(licence, EDGE_SIGNING_KEY=SEED) == "ok"
    (seen,) = house.sent
    for _ in range(2):
        again = await house.replay(seen)
        assert (again.status_code, code(again)) == (401, "edge_signature_invalid")
        assert "verdict" not in again.text


async def test_altered_body_spends_nothing(house: House) -> None:
    """Who alters a body is refused, and the edge's own post is taken after it."""
    licence = house.cupboard.issue(signing_keys=(PUBLIC,))
    service, house.url = house.url, "http://127.0.0.1:9"  # the edge's post is caught under way
    await house.post(licence, EDGE_SIGNING_KEY=SEED)
    caught = house.sent[-1]
    host = {"host": caught.headers["host"]}
    resend = partial(house.replay, caught, url=service + PATH)
    for body in (b"", caught.content + b" "):
        headers = {**caught.headers, **host, "content-length": str(len(body))}
        altered = await resend(content=body, headers=headers)
        assert code(altered) == "edge_signature_invalid"
    assert code(await resend()) == "ok"
    assert code(await resend()) == "edge_signature_invalid"


@pytest.mark.parametrize(
    "change",
    [
        {"host": "elsewhere.example"},
        {"content-type": "application/json; charset=utf-8"},
        {"signature": "octet=:AAAA:"},
        {"signature-input": "octet=()"},
    ],
)
async def test_altered_head(house: House, change: dict[str, str]) -> None:
    """Whatever of the head was changed under way, the post is refused before its body is read."""
    licence = house.cupboard.issue(signing_keys=(PUBLIC,))
    service, house.url = house.url, "http://127.0.0.1:9"
    await house.post(licence, EDGE_SIGNING_KEY=SEED)
    caught = house.sent[-1]
    headers = {**caught.headers, **change}
    refused = await house.replay(caught, url=service + PATH, headers=headers)
    assert code(refused) == "edge_signature_invalid"


async def test_another_path(house: House) -> None:
    """A path that was signed otherwise is not this one's; a query is no part of it."""
    licence = house.cupboard.issue(signing_keys=(PUBLIC,))
    service, house.url = house.url, "http://127.0.0.1:9/base"
    await house.post(licence, EDGE_SIGNING_KEY=SEED)
    refused = await house.replay(house.sent[-1], url=service + PATH)
    assert code(refused) == "edge_signature_invalid"


@pytest.mark.nginx
async def test_behind_a_proxy(house: House, tmp_path: Path) -> None:
    """Behind our nginx example signatures hold; where it renames the host, they do not."""
    licence = house.cupboard.issue(signing_keys=(PUBLIC,))
    port = int(house.url.rsplit(":", 1)[1])
    for without, outcome in ((None, "ok"), ("Host", "edge_signature_invalid")):
        async with nginx(tmp_path, port, "nginx-service.conf", without) as proxy:
            url = f"http://localhost:{proxy}"
            assert outcome in await house.post(licence, url, str(without), EDGE_SIGNING_KEY=SEED)


# --- client certificates


def secure(house: House) -> None:
    """Serve by TLS."""
    house.tls = True


def mutual(house: House) -> None:
    """Serve by TLS that demands certificates of the edges' own authority."""
    secure(house)
    house.client_ca = edge_certificate(house).chain


def edge_certificate(house: House) -> Certificate:
    """Return the edge's certificate, which vouches for itself."""
    directory = house.directory / "edge"
    if not directory.exists():
        directory.mkdir()
        make_certificate(directory)
    return Certificate(directory / "chain.pem", directory / "key.pem")


def shown(certificate: Certificate) -> dict[str, str]:
    """Return the settings of an edge that shows *certificate*."""
    return {
        "EDGE_CLIENT_CERT_FILE": str(certificate.chain),
        "EDGE_CLIENT_KEY_FILE": str(certificate.key),
    }


@pytest.mark.parametrize("house", [mutual], indirect=True)
async def test_client_certificate(house: House) -> None:
    """A licence for a certificate is taken over connections that show it."""
    own = edge_certificate(house)
    licence = house.cupboard.issue(client_certs=(thumbprint(own),))
    assert await house.post(licence, **shown(own)) == "ok"
    assert await house.post(house.cupboard.issue(), **shown(own)) == "ok"


@pytest.mark.parametrize("house", [mutual], indirect=True)
async def test_certificate_of_another_licence(house: House) -> None:
    """A certificate that the authority vouches for and the licence does not name is refused."""
    licence = house.cupboard.issue(client_certs=("a" * 64,))
    refusal = await house.post(licence, **shown(edge_certificate(house)))
    assert "client_cert_required" in refusal


@pytest.mark.parametrize("house", [mutual], indirect=True)
async def test_no_certificate(house: House) -> None:
    """Where certificates are demanded nobody gets in without one, not even to ask for health."""
    assert await house.post(house.cupboard.issue()) == "upstream_unavailable"
    other = house.directory / "other"
    other.mkdir()
    refusal = await house.post(house.cupboard.issue(), **shown(make_certificate(other)))
    assert refusal == "upstream_unavailable"


@pytest.mark.parametrize("house", [secure], indirect=True)
async def test_certificates_are_not_asked_for(house: House) -> None:
    """Where the service asks for no certificates, a licence that names one is not taken."""
    own = edge_certificate(house)
    licence = house.cupboard.issue(client_certs=(thumbprint(own),))
    assert "client_cert_required" in await house.post(licence, **shown(own))


async def test_a_header_is_no_certificate(house: House) -> None:
    """What a request says of its certificate is only words."""
    own = thumbprint(edge_certificate(house))
    licence = house.cupboard.issue(client_certs=(own,))
    await house.post(licence)
    (seen,) = house.sent
    names = ("x-client-cert", "x-ssl-client-sha256", "octet.client_certificate", "client-cert")
    headers = {**seen.headers, **dict.fromkeys(names, own)}
    assert code(await house.replay(seen, headers=headers)) == "client_cert_required"


def thumbprint(certificate: Certificate) -> str:
    """Return the SHA-256 of the certificate's DER, hex."""
    pem = certificate.chain.read_text(encoding="ascii")
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
