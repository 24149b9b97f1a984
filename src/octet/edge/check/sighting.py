"""One channel as both sides saw it: what a receipt says, beside what this side knows."""

from attrs import frozen

from octet.edge.check.visitor import Played
from octet.edge.receipt import ReceiptSealer
from octet.edge.sight import Sight
from octet.schema import ChannelTiming, TcpTiming


@frozen
class Sighting:
    """Of one channel."""

    channel: ChannelTiming
    sight: Sight
    max_segment: int | None
    """What this side's SYN announced, bytes; None: nothing of its own."""
    local_ip: str
    remote_ip: str

    @property
    def source_ip(self) -> str:
        """Whom the edge took this side for."""
        return self.sight.source_ip or self.channel.source_ip

    @property
    def tcp(self) -> TcpTiming | None:
        """The timing that the edge has of this side's connection, or believes to have."""
        return self.channel.tcp


def open_sighting(sealer: ReceiptSealer, played: Played) -> Sighting | None:
    """Open the receipt; None where an edge sealed it that did not tell how it saw the channel.

    Raises:
        ValueError: another deployment sealed it.
    """
    claims = sealer.unseal(played.receipt)
    if claims.sight is None:
        return None
    meeting = played.meeting
    return Sighting(
        claims.channel, claims.sight, meeting.max_segment, meeting.local_ip, meeting.remote_ip
    )
