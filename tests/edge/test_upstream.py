"""The service as the edge reaches it."""

from pathlib import Path

import httpx
import pytest

from octet.edge.config import EdgeConfig
from octet.edge.outcome import TIMED_OUT, UNREACHABLE, Outcome
from octet.edge.relay import Forward
from octet.edge.upstream import Upstream, open_upstream, read_trust
from octet.schema import Accepted
from octet.serving import ConfigError
from tests.edge.conftest import environment
from tests.edge.fakes import LICENSE, Answer, FakeService, answer

BATCH = [Forward("a", b'{"id":"a"}'), Forward("b", b'{"id":"b"}')]


async def post(url: str, **more: str) -> list[Outcome]:
    config = EdgeConfig.from_environment(environment(url, **more))
    async with open_upstream(config, read_trust(config)) as upstream:
        return await upstream.post(BATCH)


async def test_batch(service: FakeService) -> None:
    """A batch is one request with the licence, below the base URL's own path."""
    assert await post(service.url) == [Accepted(id="a"), Accepted(id="b")]
    assert service.batches == [[{"id": "a"}, {"id": "b"}]]
    assert service.headers[0]["x-octet-license"] == LICENSE


@pytest.mark.parametrize("cut", [b"garbage\r\n\r\n", b"", b"HTTP/1.1 200 OK\r\n"])
async def test_broken_service(service: FakeService, cut: bytes) -> None:
    """What is no HTTP, or ends too early, was not reached."""
    service.answers(Answer(cut))
    assert await post(service.url) == [UNREACHABLE] * 2


async def test_slow_service(service: FakeService) -> None:
    """A batch has one deadline in all."""
    service.holds()
    assert await post(service.url, EDGE_RELAY_TIMEOUT_MS="20") == [TIMED_OUT] * 2


async def test_no_service() -> None:
    """A refused connection is unreachable."""
    assert await post("http://127.0.0.1:1") == [UNREACHABLE] * 2


async def test_redirect_is_not_followed(service: FakeService) -> None:
    """The licence goes nowhere else."""
    service.answers(answer(307, location=f"{service.url}/elsewhere"))
    assert [type(outcome) for outcome in await post(service.url)] != [Accepted, Accepted]


async def test_reachable(service: FakeService) -> None:
    """The probe tells a healthy service from a sick one and from none."""
    async with httpx.AsyncClient(base_url=service.url, trust_env=False) as client:
        upstream = Upstream(client, 1.0)
        assert await upstream.reachable()
        service.healthy = False
        assert not await upstream.reachable()
    async with httpx.AsyncClient(base_url="http://127.0.0.1:1", trust_env=False) as client:
        assert not await Upstream(client, 1.0).reachable()


def test_trust_must_hold_a_certificate(garbage: Path) -> None:
    """A file without a certificate is a fault of the configuration."""
    config = EdgeConfig.from_environment(environment("http://a.test", OCTET_CA_FILE=str(garbage)))
    with pytest.raises(ConfigError, match="OCTET_CA_FILE"):
        read_trust(config)
