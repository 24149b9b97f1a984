"""Connections of which this side knows everything."""

import socket
import ssl
from typing import Any

import pytest
import trio

from octet.edge.check.entrance import Entrance, Meeting
from octet.edge.check.target import Target
from tests.certificates import Certificate
from tests.edge.conftest import StartEdge
from tests.edge.proxies import listening

TRUST = ssl.create_default_context()


async def meet(url: str, max_segment: int | None = None, **more: Any) -> Meeting:
    meeting = await Entrance(Target.read(url), more.pop("tls", TRUST), **more).connect(max_segment)
    await trio.aclose_forcefully(meeting.stream)
    return meeting


@pytest.mark.linux
async def test_what_it_knows(start_edge: StartEdge) -> None:
    """Both addresses are known, the local one may be chosen, and the size is what was asked."""
    edge = await start_edge()
    meeting = await meet(edge.url, 1001, source="127.0.0.7")
    assert (meeting.local_ip, meeting.remote_ip) == ("127.0.0.7", "127.0.0.1")
    assert meeting.max_segment == 1001
    assert (await meet(edge.url)).max_segment is None


@pytest.mark.ipv6
@pytest.mark.parametrize(
    ("host", "source", "family"),
    [("127.0.0.1", "0.0.0.0", socket.AF_INET), ("::1", "::", socket.AF_INET6)],  # noqa: S104 - a client's
)
async def test_family(
    start_edge: StartEdge,
    monkeypatch: pytest.MonkeyPatch,
    host: str,
    source: str,
    family: socket.AddressFamily,
) -> None:
    """The unspecified address of a family chooses the family, whatever the host has besides."""
    edge = await start_edge(HOST=host)

    async def resolved(*_: object, **asked: object) -> list[Any]:
        await trio.lowlevel.checkpoint()
        assert asked["family"] is family
        return [(family, socket.SOCK_STREAM, 6, "", (host, edge.port))]

    monkeypatch.setattr("octet.edge.check.entrance.socket.getaddrinfo", resolved)
    assert (await meet("http://yourapp.test", source=source)).remote_ip == host


async def test_system_that_marks_nothing(
    start_edge: StartEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system without the option, or that refuses the size, connects all the same."""
    edge = await start_edge()
    assert (await meet(edge.url, 1 << 30)).max_segment is None
    monkeypatch.delattr("octet.edge.check.entrance.socket.TCP_MAXSEG")
    assert (await meet(edge.url, 1001)).max_segment is None


async def test_second_address(start_edge: StartEdge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one of a host's addresses takes no connection, the next one is tried."""
    edge = await start_edge()
    with listening() as nobody:
        dead = nobody.getsockname()

    async def resolved(*_: object, **__: object) -> list[Any]:
        await trio.lowlevel.checkpoint()
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, dead), (*kind, ("127.0.0.1", edge.port))]

    monkeypatch.setattr("octet.edge.check.entrance.socket.getaddrinfo", resolved)
    assert (await meet("http://yourapp.test")).remote_ip == "127.0.0.1"


async def test_nobody() -> None:
    """Where none takes it, that is what is raised, and nothing stays open."""
    with listening() as nobody:
        port = nobody.getsockname()[1]
    with pytest.raises(ConnectionRefusedError):
        await meet(f"http://127.0.0.1:{port}")


async def test_no_name() -> None:
    """A name that nobody knows is raised as that."""
    with pytest.raises(socket.gaierror):
        await meet("http://yourapp.invalid")


async def test_untrusted(start_edge: StartEdge, certificate: Certificate) -> None:
    """TLS is spoken before the meeting begins, so a certificate is refused here."""
    files = {
        "EDGE_TLS_CERT_FILE": str(certificate.chain),
        "EDGE_TLS_KEY_FILE": str(certificate.key),
    }
    edge = await start_edge(**files)
    with pytest.raises(trio.BrokenResourceError):
        await meet(f"https://localhost:{edge.port}")
