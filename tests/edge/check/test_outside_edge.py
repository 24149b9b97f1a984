"""What is wrong with an edge itself, seen from outside."""

import pytest

from octet.edge.check.forgery import NAMES as FORGED
from octet.edge.clock import epoch_ms
from tests.edge.check.outside import FAIL, OK, UNKNOWN, WARN, but, look
from tests.edge.conftest import RunningEdge, StartEdge
from tests.edge.fakes import FakeService, answer
from tests.edge.proxies import listening


async def test_nothing_listens() -> None:
    """Where nothing takes connections that is what failed, and nothing else is known."""
    with listening() as listener:
        port = listener.getsockname()[1]
    found = await look(f"http://127.0.0.1:{port}")
    assert but(found, UNKNOWN) == {"connection": FAIL}
    assert "refuses" in found["connection"].text


async def test_no_tls_there(start: StartEdge) -> None:
    """Https to an edge in the clear fails at TLS."""
    edge = await start()
    found = await look(f"https://127.0.0.1:{edge.port}")
    assert but(found, UNKNOWN) == {"connection": OK, "tls": FAIL}


async def test_wrong_path(trusting: RunningEdge) -> None:
    """At a path where no edge answers the base path is what to look at."""
    found = await look(f"http://127.0.0.1:{trusting.port}/elsewhere")
    assert but(found, UNKNOWN) == {"connection": OK, "tls": OK, "health": FAIL}
    assert "EDGE_BASE_PATH" in found["health"].remedy


async def test_foreign_origin(start: StartEdge) -> None:
    """Pages of an origin that is not allowed fail at each step, and are told where to name it."""
    edge = await start()
    found = await look(f"http://127.0.0.1:{edge.port}", origin="https://other.test")
    failed = {name for name, status in but(found).items() if status is FAIL}
    assert failed == {"origin", "websocket", "post"}
    assert all("ALLOWED_ORIGIN" in found[name].remedy for name in failed)


async def test_any_origin(start: StartEdge) -> None:
    """An edge that takes pages of any origin works, and should not."""
    edge = await start(ALLOWED_ORIGIN="*")
    assert but(await look(f"http://127.0.0.1:{edge.port}")) == {"origin": WARN}


async def test_another_licence(start: StartEdge) -> None:
    """Receipts of another licence stay closed, and what they hold is not known."""
    edge = await start()
    found = await look(f"http://127.0.0.1:{edge.port}", license="octet_live_v4.public.AA")
    assert found["receipt"].status is FAIL
    assert found["post"].status is OK
    assert {found[name].status for name in ("clock", "termination", *FORGED)} == {UNKNOWN}


@pytest.mark.parametrize("hours", [-3, 3])
async def test_skewed_edge(start: StartEdge, hours: int) -> None:
    """An edge whose clock is wrong is said to be, in words."""
    edge = await start(now_ms=lambda: epoch_ms() + hours * 3_600_000)
    found = await look(f"http://127.0.0.1:{edge.port}")
    assert but(found) == {"clock": WARN}
    assert f"3 hours {'behind' if hours > 0 else 'ahead of'}" in found["clock"].text


async def test_service_that_refuses(start: StartEdge, service: FakeService) -> None:
    """What the service refuses is told by its code, and to be looked at where the edge runs."""
    edge = await start()
    service.answers(answer(403, {"code": "license_revoked"}))
    found = await look(f"http://127.0.0.1:{edge.port}")
    assert but(found) == {"post": FAIL}
    assert "license_revoked" in found["post"].text
    assert "octet-edge check" in found["post"].remedy
