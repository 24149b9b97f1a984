"""Both sides of a channel, put together."""

import pytest

from octet.edge.check.entrance import Meeting
from octet.edge.check.sighting import open_sighting
from octet.edge.check.visitor import Played
from octet.edge.receipt import ReceiptSealer
from octet.edge.sight import Sight
from octet.schema import ChannelTiming
from tests.edge.fakes import LICENSE, NOW_MS, REF

TIMING = ChannelTiming(edge="fra-1", source_ip="203.0.113.7", rtt_us=(1,), at=NOW_MS)
SEALER = ReceiptSealer(LICENSE, lambda: NOW_MS)


def played(receipt: str) -> Played:
    meeting = Meeting(None, "192.168.1.5", "192.0.2.1", 1001)  # type: ignore[arg-type]  # is closed
    return Played(receipt, meeting, NOW_MS, NOW_MS)


@pytest.mark.parametrize(
    ("found_ip", "source_ip"), [(None, "203.0.113.7"), ("198.51.100.2", "198.51.100.2")]
)
def test_together(found_ip: str | None, source_ip: str) -> None:
    """The source is the one that was found, also where another is shown."""
    sight = Sight(via="direct", source_ip=found_ip)
    seen = open_sighting(SEALER, played(SEALER.seal(REF, TIMING, sight)))
    assert seen is not None
    assert (seen.channel, seen.sight, seen.source_ip) == (TIMING, sight, source_ip)
    assert (seen.local_ip, seen.remote_ip, seen.max_segment) == ("192.168.1.5", "192.0.2.1", 1001)


def test_older_edge() -> None:
    """A receipt of an edge that tells less is none of another deployment's."""
    assert open_sighting(SEALER, played(SEALER.seal(REF, TIMING))) is None


@pytest.mark.parametrize("receipt", ["v4.local.AA", "", "v4.public.AA", "v4.local.!!", "nonsense"])
def test_no_receipt(receipt: str) -> None:
    """What is no receipt of this deployment's is refused as one thing."""
    with pytest.raises(ValueError, match="no receipt of this deployment"):
        open_sighting(SEALER, played(receipt))
