"""Who terminates the connection, read out of a receipt."""

import random
import socket
import struct

import pytest

from octet.edge.check.finding import Status
from octet.edge.check.sighting import Sighting
from octet.edge.check.termination import (
    SIZES,
    SYN_COOKIE_SIZES,
    TIMESTAMPS_BYTES,
    judge_termination,
    unusual_size,
)
from octet.schema import AbsenceReason
from tests.edge.check.sightings import BALANCER, BEHIND, ERROR, HTTP_PROXY, SIZE, hinted, seen

OK, WARN, FAIL, UNKNOWN = Status.OK, Status.WARN, Status.FAIL, Status.UNKNOWN
SND_MSS = 16
"""Its place in ``TCP_INFO``."""


def unseen(reason: AbsenceReason, **others: AbsenceReason) -> Sighting:
    return seen(missing={"tcp": reason, **others})


@pytest.mark.parametrize(
    ("sighting", "status", "words"),
    [
        (seen(mss=SIZE), OK, "itself"),
        (seen(mss=SIZE - TIMESTAMPS_BYTES), OK, "itself"),
        (seen(mss=SIZE - 1), FAIL, "does not know of"),
        (seen(mss=1448), FAIL, "does not know of"),
        (seen(mss=65_483), FAIL, "does not know of"),
        (seen(mss=524), UNKNOWN, "SYN cookie"),
        (seen(mss=1208), UNKNOWN, "SYN cookie"),
        (seen(mss=1448, size=None), UNKNOWN, "cannot mark"),
        (hinted(), OK, "trusted proxy"),
        (hinted(size=None), OK, "trusted proxy"),
        (seen(missing=HTTP_PROXY | {"tcp": BEHIND}), WARN, "tells no timing"),
        (seen(missing=BALANCER), WARN, "PROXY protocol"),
        (seen(missing=HTTP_PROXY | {"tcp": ERROR}), FAIL, "cannot be read"),
        (unseen(AbsenceReason.NOT_LINUX), WARN, "system shows no"),
        (unseen(AbsenceReason.UNSUPPORTED), WARN, "server that shows no"),
    ],
)
def test_judged(sighting: Sighting, status: Status, words: str) -> None:
    """Each way in is told from the others, and what is not well has a way out."""
    finding = judge_termination(sighting)
    assert finding.status is status
    assert words in finding.text
    assert bool(finding.remedy) == (status is not OK)


def test_undeclared_hop_is_named() -> None:
    """The address to declare is the one that the edge took for the visitor's."""
    finding = judge_termination(seen("10.0.0.3", mss=1448))
    assert "EDGE_TRUSTED_PROXIES=10.0.0.3" in finding.remedy


def test_sizes() -> None:
    """No size is what a SYN cookie, a common link or another run would have."""
    everything = {size - less for size in SIZES for less in (0, TIMESTAMPS_BYTES)}
    assert not everything & SYN_COOKIE_SIZES
    assert not everything & {536, 1220, 1360, 1400, 1440, 1448, 1460}
    rng = random.Random(4711)  # noqa: S311 - so that each run is the same
    assert len({unusual_size(rng) for _ in range(20)}) > 10


@pytest.mark.linux
@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("::1", marks=pytest.mark.ipv6)])
@pytest.mark.parametrize("size", [SIZES[0], SIZES[-1]])
def test_the_kernel_does_so(host: str, size: int) -> None:
    """What a SYN announces is what the other end's kernel sends by, less its timestamps."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listener, socket.socket(family) as page:
        page.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, size)
        page.connect(listener.getsockname())
        accepted, _ = listener.accept()
        with accepted:
            info = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 32)
    (mss,) = struct.unpack_from("=I", info, SND_MSS)
    assert judge_termination(seen(mss=mss, size=size)).status is OK
