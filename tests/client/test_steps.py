import pytest

from octet.client import ProtocolError
from octet.client._steps import MAX_REPLY_BYTES, Incoming, Reply


def test_a_reply_is_put_together() -> None:
    """What comes in parts is one reply."""
    incoming = Incoming(200, {"x": "y"})
    incoming.feed(b"ab")
    incoming.feed(b"c")
    assert incoming.whole() == Reply(200, {"x": "y"}, b"abc")


def test_a_body_beyond_the_bound_is_not_kept() -> None:
    """However much comes, the memory that it takes stays bounded."""
    incoming = Incoming(200, {"x-request-id": "r1"})
    for _ in range(20):
        incoming.feed(b"x" * MAX_REPLY_BYTES)
    assert len(incoming._body) <= 2 * MAX_REPLY_BYTES
    with pytest.raises(ProtocolError, match="larger") as caught:
        incoming.whole()
    assert (caught.value.status, caught.value.request_id) == (200, "r1")


def test_a_body_at_the_bound_is_kept() -> None:
    """The bound itself is allowed."""
    incoming = Incoming(200, {})
    incoming.feed(b"x" * MAX_REPLY_BYTES)
    assert len(incoming.whole().body) == MAX_REPLY_BYTES


def test_an_encoding_is_refused_before_the_body() -> None:
    """Nothing is unpacked."""
    with pytest.raises(ProtocolError, match="encoding"):
        Incoming(200, {"content-encoding": "br"})
