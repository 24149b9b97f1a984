"""Deployed edges with what really stands before them, looked at from outside."""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from octet.edge.check.finding import Status
from octet.edge.check.forgery import NAMES as FORGED
from tests.certificates import Certificate
from tests.edge.check.conftest import BEHIND
from tests.edge.check.outside import BROWSER, FAIL, OK, UNKNOWN, WARN, but, look
from tests.edge.conftest import RunningEdge, StartEdge
from tests.edge.fakes import Answer, FakeService, accepted, answer
from tests.edge.proxies import haproxy, nginx

# --- without a proxy ---------------------------------------------------------------------------


@pytest.mark.linux
async def test_direct(start: StartEdge, service: FakeService) -> None:
    """Of an edge by itself all is good, and its one report names itself."""
    edge = await start()
    found = await look(f"http://127.0.0.1:{edge.port}")
    assert but(found) == {}
    assert "itself" in found["termination"].text
    assert BROWSER in found["address"].text
    (envelope,) = service.envelopes
    assert envelope["sessionRef"].startswith("sess_check_")
    assert envelope["sessionRef"] in found["post"].text
    assert envelope["report"]["collector"].startswith("octet-edge-check/")
    (channel,) = envelope["observed"]["latency"]
    assert len(channel["rttUs"]) == 8


@pytest.mark.linux
@pytest.mark.parametrize("alpn", ["http/1.1", "h2,http/1.1", "h2"])
async def test_direct_with_tls(
    start: StartEdge, certificate: Certificate, trust: ssl.SSLContext, alpn: str
) -> None:
    """TLS of the edge's own adds the ClientHello, also where HTTP/2 is offered."""
    files = {"EDGE_TLS_CERT_FILE": certificate.chain, "EDGE_TLS_KEY_FILE": certificate.key}
    edge = await start(**{name: str(path) for name, path in files.items()}, EDGE_ALPN=alpn)
    found = await look(f"https://localhost:{edge.port}", trust=trust)
    assert but(found) == {"tls": WARN}  # the tests' certificate lives for a day
    assert "renew" in found["tls"].remedy
    assert "not" not in found["observations"].text


@pytest.mark.linux
async def test_untrusted_certificate(start: StartEdge, certificate: Certificate) -> None:
    """A certificate that browsers refuse fails, and all the rest is looked at nevertheless."""
    files = {"EDGE_TLS_CERT_FILE": certificate.chain, "EDGE_TLS_KEY_FILE": certificate.key}
    edge = await start(**{name: str(path) for name, path in files.items()})
    found = await look(f"https://127.0.0.1:{edge.port}")
    assert but(found) == {"tls": FAIL}
    assert "self-signed" in found["tls"].text
    assert "--ca-file" in found["tls"].remedy


@pytest.mark.ipv6
async def test_ipv6(start: StartEdge) -> None:
    """On IPv6 the edge recognises the connection likewise."""
    edge = await start(HOST="::1")
    found = await look(f"http://[::1]:{edge.port}", source=None)
    assert but(found) == {}
    assert "::1" in found["address"].text


async def test_edge_that_believes_everybody(start: StartEdge) -> None:
    """Who trusts all the world is told so, header by header; the one that is not read is fine."""
    edge = await start(EDGE_TRUSTED_PROXIES="0.0.0.0/0")
    found = await look(f"http://127.0.0.1:{edge.port}")
    failed = {name for name, status in but(found).items() if status is FAIL}
    assert failed == {"address", *FORGED} - {"forwarded"}
    assert found["termination"].status is WARN
    assert "EDGE_TRUSTED_PROXIES" in found["x-forwarded-for"].remedy


async def test_expected_address(start: StartEdge) -> None:
    """An address that somebody expects is compared with the one that the edge sees."""
    edge = await start()
    url = f"http://127.0.0.1:{edge.port}"
    assert but(await look(url, expected=BROWSER)) == {}
    found = await look(url, expected="192.0.2.7")
    assert but(found) == {"address": FAIL}
    assert BROWSER in found["address"].text


# --- behind proxies that are as they should be -------------------------------------------------


@pytest.mark.linux
@pytest.mark.nginx
async def test_behind_nginx(trusting: RunningEdge, tmp_path: Path) -> None:
    """The example's nginx is fine: its timing arrives, and nothing that is forged."""
    async with nginx(tmp_path, trusting.port) as port:
        found = await look(f"http://127.0.0.1:{port}/octet/")
    assert but(found) == {}
    assert "trusted proxy" in found["termination"].text
    assert BROWSER in found["address"].text


@pytest.mark.linux
@pytest.mark.haproxy
async def test_behind_haproxy(trusting: RunningEdge, tmp_path: Path) -> None:
    """The example's HAProxy is fine: its timing arrives, and nothing that is forged."""
    async with haproxy(tmp_path, "haproxy.cfg", trusting.port) as port:
        found = await look(f"http://127.0.0.1:{port}/octet")
    assert but(found) == {}
    assert "trusted proxy" in found["termination"].text


@pytest.mark.haproxy
async def test_behind_balancer(start: StartEdge, tmp_path: Path) -> None:
    """A PROXY v2 balancer is told apart from a proxy, and said to cost the TCP timing."""
    edge = await start(EDGE_TRUSTED_PROXIES="127.0.0.1", EDGE_PROXY_PROTOCOL="v2")
    async with haproxy(tmp_path, "haproxy-tcp.cfg", edge.port) as port:
        found = await look(f"http://127.0.0.1:{port}")
    assert but(found) == {"termination": WARN}
    assert "PROXY protocol" in found["termination"].text
    assert BROWSER in found["address"].text
    assert "header order" in found["observations"].text.partition("not")[0]


# --- behind proxies that are not ---------------------------------------------------------------


def without(*names: str) -> Callable[[str], str]:
    """Return what takes the lines that set *names* out of nginx's example."""

    def change(text: str) -> str:
        lines = text.splitlines(keepends=True)
        kept = [line for line in lines if not any(f"set_header {name} " in line for name in names)]
        assert len(kept) == len(lines) - len(names)
        return "".join(kept)

    return change


@pytest.mark.linux
@pytest.mark.nginx
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("X-Forwarded-For", {"x-forwarded-for": FAIL, "address": FAIL}),
        ("Forwarded", {}),
        ("x-octet-tcp-rtt-us", {"x-octet-tcp-rtt-us": FAIL, "termination": WARN}),
        ("x-octet-tcp-rttvar-us", {"x-octet-tcp-rttvar-us": FAIL}),
        ("x-octet-tls-client-hello", {"x-octet-tls-client-hello": FAIL}),
        ("x-octet-syn", {"x-octet-syn": FAIL}),
    ],
)
async def test_header_that_is_not_erased(
    trusting: RunningEdge, tmp_path: Path, name: str, expected: dict[str, Status]
) -> None:
    """The one header that a trusted nginx does not erase is the one that fails."""
    async with nginx(tmp_path, trusting.port, change=without(name)) as port:
        found = await look(f"http://127.0.0.1:{port}/octet")
    assert but(found) == expected
    if name.lower() in expected:
        assert "is believed" in found[name.lower()].text
        assert "erase" in found[name.lower()].remedy


@pytest.mark.linux
@pytest.mark.nginx
async def test_forwarded_that_is_not_erased(start: StartEdge, tmp_path: Path) -> None:
    """Where the edge reads Forwarded, it is that header which has to be erased."""
    edge = await start(**BEHIND, EDGE_FORWARDED="rfc7239")
    async with nginx(tmp_path, edge.port, change=without("Forwarded")) as port:
        found = await look(f"http://127.0.0.1:{port}/octet")
    assert but(found) == {"forwarded": FAIL, "address": FAIL}


@pytest.mark.linux
@pytest.mark.nginx
async def test_appended_x_forwarded_for(trusting: RunningEdge, tmp_path: Path) -> None:
    """A proxy that appends the address to what a visitor sent is as good as one that erases."""

    def append(text: str) -> str:
        replaced = text.replace("For $remote_addr", "For $proxy_add_x_forwarded_for")
        assert replaced != text
        return replaced

    async with nginx(tmp_path, trusting.port, change=append) as port:
        found = await look(f"http://127.0.0.1:{port}/octet")
    assert but(found) == {}


@pytest.mark.linux
@pytest.mark.haproxy
async def test_hint_that_comes_twice(trusting: RunningEdge, tmp_path: Path) -> None:
    """A proxy that adds its hint to a visitor's lets every visitor blind the edge."""

    def add(text: str) -> str:
        return text.replace("    http-request del-header x-octet-tcp-rtt-us\n", "").replace(
            "set-header x-octet-tcp-rtt-us", "add-header x-octet-tcp-rtt-us"
        )

    async with haproxy(tmp_path, "haproxy.cfg", trusting.port, add) as port:
        found = await look(f"http://127.0.0.1:{port}/octet")
    assert but(found) == {"x-octet-tcp-rtt-us": FAIL, "x-octet-tcp-rttvar-us": FAIL}
    assert "twice" in found["x-octet-tcp-rtt-us"].text


@pytest.mark.linux
@pytest.mark.nginx
async def test_undeclared_proxy(start: StartEdge, tmp_path: Path) -> None:
    """A proxy that the edge does not know of is found by the connection that is not this one."""
    edge = await start(EDGE_BASE_PATH="/octet")
    async with nginx(tmp_path, edge.port) as port:
        found = await look(f"http://127.0.0.1:{port}/octet")
    assert but(found) == {"termination": FAIL, "address": FAIL}
    assert "EDGE_TRUSTED_PROXIES=127.0.0.1" in found["termination"].remedy


@pytest.mark.linux
@pytest.mark.haproxy
async def test_undeclared_balancer(
    start: StartEdge, certificate: Certificate, trust: ssl.SSLContext, tmp_path: Path
) -> None:
    """A balancer of bytes is found likewise, though TLS goes through it to the edge."""
    files = {"EDGE_TLS_CERT_FILE": certificate.chain, "EDGE_TLS_KEY_FILE": certificate.key}
    edge = await start(**{name: str(path) for name, path in files.items()})

    def silent(text: str) -> str:
        return text.replace(" send-proxy-v2", "")

    async with haproxy(tmp_path, "haproxy-tcp.cfg", edge.port, silent) as port:
        found = await look(f"https://localhost:{port}", trust=trust)
    assert but(found) == {"tls": WARN, "termination": FAIL, "address": FAIL}
    assert "PROXY protocol v2" in found["termination"].remedy


async def test_exit_ip(start: StartEdge) -> None:
    """An address that stands in for all visitors' is found, and the real one behind it judged."""
    edge = await start(EXIT_IP="203.0.113.7", EDGE_TRUSTED_PROXIES="127.0.0.0/8")
    found = await look(f"http://127.0.0.1:{edge.port}")
    assert found["address"].status is FAIL
    assert "203.0.113.7" in found["address"].text
    assert found["x-forwarded-for"].status is FAIL


async def test_exposed_verdict(start: StartEdge, service: FakeService) -> None:
    """An edge that tells pages their verdict is told that this is for demos."""

    def exposing(envelopes: list[dict[str, Any]]) -> Answer:
        results = [result | {"verdict": {"confidence": 0.1}} for result in accepted(envelopes)]
        return answer(200, {"results": results})

    edge = await start(EDGE_EXPOSE_VERDICT="1")
    service.answers(exposing)
    assert but(await look(f"http://127.0.0.1:{edge.port}")) == {"post": WARN}


@pytest.mark.nginx
async def test_no_upgrade(trusting: RunningEdge, tmp_path: Path) -> None:
    """A proxy that lets no WebSocket through is named, and the post is tried all the same."""
    async with nginx(tmp_path, trusting.port, change=without("Upgrade", "Connection")) as port:
        found = await look(f"http://127.0.0.1:{port}/octet")
    assert found["websocket"].status is FAIL
    assert "Upgrade" in found["websocket"].remedy
    assert found["post"].status is OK
    assert found["termination"].status is UNKNOWN


@pytest.mark.linux
@pytest.mark.nginx
async def test_proxy_without_hints(trusting: RunningEdge, tmp_path: Path) -> None:
    """A trusted proxy that tells no timing is told how."""

    def erase(text: str) -> str:
        return text.replace("$tcpinfo_rttvar;", '"";').replace("$tcpinfo_rtt;", '"";')

    async with nginx(tmp_path, trusting.port, change=erase) as port:
        found = await look(f"http://127.0.0.1:{port}/octet")
    assert but(found) == {"termination": WARN}
    assert "$tcpinfo_rtt" in found["termination"].remedy


@pytest.mark.linux
@pytest.mark.haproxy
async def test_refused_header(trusting: RunningEdge, tmp_path: Path) -> None:
    """A proxy that refuses a visitor's header is as good as one that erases it."""

    def refuse(text: str) -> str:
        rule = "    http-request deny deny_status {} if {{ req.hdr(x-octet-{}) -m found }}\n"
        rules = rule.format(403, "syn") + rule.format(503, "tls-client-hello")
        return text.replace("    http-request del-header Forwarded\n", rules, 1)

    async with haproxy(tmp_path, "haproxy.cfg", trusting.port, refuse) as port:
        found = await look(f"http://127.0.0.1:{port}/octet")
    assert but(found) == {"x-octet-tls-client-hello": UNKNOWN}
    assert "status 403" in found["x-octet-syn"].text
