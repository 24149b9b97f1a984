"""What becomes of the check where channels do not."""

import random
import ssl

import pytest

from octet.edge.check.channels import Channels
from octet.edge.check.entrance import Entrance
from octet.edge.check.finding import Status
from octet.edge.check.target import Target
from octet.edge.check.visitor import ChannelError, Played, Visitor
from octet.edge.clock import epoch_ms
from octet.edge.receipt import ReceiptSealer
from tests.edge.conftest import RunningEdge, StartEdge
from tests.edge.fakes import LICENSE, REF
from tests.edge.proxies import listening

ORIGIN = "https://yourapp.test"


def channels(url: str) -> Channels:
    target = Target.read(url)
    entrance = Entrance(target, ssl.create_default_context())
    return Channels(
        visitor=Visitor(target, entrance, ORIGIN, epoch_ms),
        sealer=ReceiptSealer(LICENSE, epoch_ms),
        ref=REF,
        origin=ORIGIN,
        expected=None,
        rng=random.Random(4711),  # noqa: S311 - so that each run sends the same
    )


@pytest.fixture
async def edge(start_edge: StartEdge) -> RunningEdge:
    return await start_edge(now_ms=epoch_ms, ALLOWED_ORIGIN=ORIGIN)


async def test_no_connection() -> None:
    """Where the connection is refused there is one finding, and no receipt."""
    with listening() as nobody:
        port = nobody.getsockname()[1]
    run = channels(f"http://127.0.0.1:{port}")
    (finding,) = await run.look()
    assert (finding.name, finding.status) == ("websocket", Status.FAIL)
    assert "refuses the connection" in finding.text
    assert run.receipts == []


async def test_broken_channel(edge: RunningEdge, monkeypatch: pytest.MonkeyPatch) -> None:
    """A channel that breaks off is told as it broke."""

    async def broken(*_: object, **__: object) -> Played:
        raise ChannelError("the channel was closed with code 1008")

    monkeypatch.setattr(Visitor, "play", broken)
    (finding,) = await channels(edge.url).look()
    assert (finding.name, finding.status) == ("websocket", Status.FAIL)
    assert "1008" in finding.text


async def test_older_edge(edge: RunningEdge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an edge that tells less than this check reads nothing is assumed."""
    monkeypatch.setattr("octet.edge.workings.Sight.of", lambda *_: None)
    run = channels(edge.url)
    opens, receipt = await run.look()
    assert (opens.status, receipt.status) == (Status.OK, Status.UNKNOWN)
    assert len(run.receipts) == 1


async def test_forged_channel_that_breaks(
    edge: RunningEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A channel that opens without a header and breaks with it leaves that header unknown."""
    play = Visitor.play

    async def fragile(self: Visitor, ref: str, **more: object) -> Played:
        if "fields" in more:
            raise TimeoutError
        return await play(self, ref, **more)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(Visitor, "play", fragile)
    found = await channels(edge.url).look()
    assert [finding.status for finding in found[-6:]] == [Status.UNKNOWN] * 6
