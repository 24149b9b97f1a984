"""A real SOCKS proxy between a real browser and a real edge, over lines of known delay."""

import pytest

from benchmarks.real_stack.cases import Case, Way
from benchmarks.real_stack.measure import measure
from benchmarks.real_stack.people import BERLIN
from benchmarks.real_stack.sight import sight
from benchmarks.real_stack.triangle import EXIT
from octet.service.atlas import Atlas
from octet.service.config import DEFAULT_ATLAS
from octet.service.engine import Engine

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.linux,
    pytest.mark.microsocks,
    pytest.mark.openssl,
    pytest.mark.root,
]


def test_socks_shows_in_the_gap() -> None:
    """A proxy answers from its own address, near by, and Δ shows the way behind it."""
    direct = Case(way=Way.DIRECT, person=BERLIN, user_ms=10)
    proxied = Case(way=Way.MICROSOCKS, person=BERLIN, user_ms=30)
    engine = Engine(Atlas.load(DEFAULT_ATLAS))
    rows = measure((direct, proxied), visits=1, warm_up=0)
    plain, through = (sight(engine, visit) for row in rows for visit in row["visits"])

    assert plain["sourceIp"] == BERLIN.address
    assert plain["kernelMinRttUs"] >= direct.kernel_ms * 1000
    assert through["sourceIp"] == EXIT
    assert through["kernelMinRttUs"] >= proxied.kernel_ms * 1000
    assert through["appMinRttUs"] >= (proxied.kernel_ms + proxied.gap_ms) * 1000
    # On a busy machine the kernel's shortest round trip is late, too, and Δ shorter by as much.
    assert through["deltaUs"] >= proxied.gap_ms * 1000 / 2

    assert through["ja4"] == plain["ja4"]
    ends_tcp = [visit["engine"]["transport"].get("proxy", 0.0) for visit in (plain, through)]
    assert ends_tcp[0] < ends_tcp[1]
    assert plain["serviceAgrees"]
    assert through["serviceAgrees"]
