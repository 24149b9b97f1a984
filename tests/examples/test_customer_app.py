"""The app mints references, reads verdicts and decides; Octet is scripted."""

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from quart import typing as quart_typing

from examples.customer_app import Settings, Visit, create_app
from octet.client import Verdict
from octet.client.testing import FakeOctet
from octet.schema import structure

EDGE = "https://cinema.example/octet"
KEY = "octet_test_secret"
GERMANY: dict[str, Any] = {
    "country": "DE",
    "confidence": 0.93,
    "alarm": "none",
    "estimatedLocation": {"lat": 50.11, "lon": 8.68},
    "confidenceRadiusKm": 220.0,
    "feasibleRegion": [
        {"lat": 54.9, "lon": 8.1},
        {"lat": 54.0, "lon": 14.2},
        {"lat": 47.5, "lon": 11.1},
    ],
    "deviceKey": "dk_0123456789abcdef",
    "token": "v4.public.x",
}
SILENT = {"confidence": 0.12, "alarm": "low"}

Browser: TypeAlias = quart_typing.TestClientProtocol
Failure = Callable[[FakeOctet], None]


@pytest.fixture
def octet() -> FakeOctet:
    """Return the service's stand-in, which says the same of every reference."""
    return FakeOctet(default=structure(Verdict, GERMANY))


@pytest.fixture
async def browser(octet: FakeOctet, shapes_file: Path) -> AsyncIterator[Browser]:
    """Yield a browser on the app."""
    settings = Settings(
        octet_url="https://octet.example",
        partner_key=octet.partner_key,
        visits=[
            Visit("home", "At home", "Nothing <unusual>.", EDGE),
            Visit("away", "Away", "On a journey.", "http://127.0.0.1:8080"),
        ],
        shapes_file=shapes_file,
        verdict_wait_s=0.2,
    )
    app = create_app(settings, transport=octet.transport)
    async with app.test_app() as running:
        yield running.test_client()


async def _text(browser: Browser, path: str, status: int = 200) -> str:
    reply = await browser.get(path)
    assert reply.status_code == status
    return await reply.get_data(as_text=True)


async def _visit(browser: Browser, name: str = "home") -> str:
    """Open a visit's page and return the reference that it got."""
    found = re.search(r'data-session-ref="([^"]+)"', await _text(browser, f"/visit/{name}"))
    assert found
    return found[1]


async def _verdict(browser: Browser, name: str = "home") -> dict[str, Any]:
    reply = await browser.get(f"/api/verdict/{await _visit(browser, name)}")
    assert reply.status_code == 200
    answer: dict[str, Any] = await reply.get_json()
    return answer


async def test_a_visit_embeds_the_collector_of_its_edge(browser: Browser, octet: FakeOctet) -> None:
    """The page has the edge, a fresh reference, and never the partner key."""
    page = await _text(browser, "/visit/home")
    assert f'src="{EDGE}/octet-collector.js"' in page
    assert f'data-edge-url="{EDGE}"' in page
    assert "Nothing &lt;unusual&gt;." in page
    assert octet.partner_key not in page
    assert await _visit(browser) != await _visit(browser)


async def test_a_visits_page_is_not_stored(browser: Browser) -> None:
    """A reference is for one visit: no cache may show it to another."""
    reply = await browser.get("/visit/home")
    assert reply.headers["cache-control"] == "no-store"


async def test_the_backend_reads_the_verdict_and_decides(
    browser: Browser, octet: FakeOctet
) -> None:
    """The page gets the verdict as on the wire, the decision and a card to show."""
    answer = await _verdict(browser)
    assert answer["verdict"] == GERMANY
    assert answer["policy"] == "allow"
    for part in ('data-country="DE"', "93 %", "alarm none", "220 km", "50.1° N", "<svg"):
        assert part in answer["card"]
    (request,) = octet.requests
    assert request.headers["x-octet-partner-key"] == octet.partner_key


async def test_a_verdict_without_a_country(browser: Browser, octet: FakeOctet) -> None:
    """The card says so and the map is the world."""
    octet.default = structure(Verdict, SILENT)
    answer = await _verdict(browser)
    assert answer["verdict"] == SILENT
    assert answer["policy"] == "log"
    assert "Unknown" in answer["card"]
    assert "data-country" not in answer["card"]


async def test_high_alarm_is_challenged(browser: Browser, octet: FakeOctet) -> None:
    """Whatever the country."""
    octet.default = structure(Verdict, GERMANY | {"alarm": "high"})
    answer = await _verdict(browser)
    assert answer["policy"] == "challenge"
    assert answer["card"].count('class="on"') == 3


async def test_a_verdict_that_does_not_come(browser: Browser, octet: FakeOctet) -> None:
    """The app says pending, and what it does without a verdict."""
    octet.default = None
    answer = await _verdict(browser)
    assert answer["pending"] is True
    assert answer["policy"] == "log"
    assert "No verdict" in answer["card"]


@pytest.mark.parametrize(
    ("fail", "error"),
    [
        (lambda octet: octet.hang_up(times=None), "ServiceUnavailableError"),
        (lambda octet: octet.refuse("internal"), "internal"),
        (lambda octet: octet.garble(), "ProtocolError"),
        (lambda octet: octet.refuse("partner_key_revoked"), "partner_key_revoked"),
    ],
    ids=["unreachable", "failing", "no contract", "refused"],
)
async def test_octet_away_does_not_stop_a_visitor(
    browser: Browser, octet: FakeOctet, fail: Failure, error: str
) -> None:
    """The app answers all the same, and names the error for its own page."""
    fail(octet)
    answer = await _verdict(browser)
    assert answer["error"] == error
    assert answer["policy"] == "log"
    assert error in answer["card"]


@pytest.mark.parametrize(
    "path", ["/visit/elsewhere", "/api/verdict/sess_somebody_elses_reference", "/nothing"]
)
async def test_what_this_app_did_not_make_is_not_found(
    browser: Browser, octet: FakeOctet, path: str
) -> None:
    """A reference that it did not mint is not even asked for."""
    await _text(browser, path, status=404)
    assert octet.requests == ()


async def test_the_index_shows_the_last_verdict_of_each_visit(
    browser: Browser, octet: FakeOctet
) -> None:
    """Those not visited yet say so."""
    before = await _text(browser, "/")
    assert before.count("not visited yet") == 2
    await _verdict(browser, "away")
    octet.default = structure(Verdict, GERMANY | {"country": "FR"})
    await _verdict(browser, "away")
    after = await _text(browser, "/")
    assert after.count("not visited yet") == 1
    assert 'data-country="FR"' in after
    assert 'data-country="DE"' not in after


@pytest.mark.parametrize("path", ["/", "/visit/home", "/static/visit.js", "/nothing"])
async def test_every_answer_carries_the_content_policy(browser: Browser, path: str) -> None:
    """The collector asks for nothing but the edges' origins."""
    policy = (await browser.get(path)).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self' http://127.0.0.1:8080 https://cinema.example;" in policy


@pytest.mark.parametrize("path", ["/", "/visit/home"])
async def test_pages_need_nothing_that_the_policy_forbids(browser: Browser, path: str) -> None:
    """No inline script, handler or style."""
    page = await _text(browser, path)
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page)


def test_settings_keep_the_key_to_themselves(shapes_file: Path) -> None:
    """A repr may reach a log."""
    visit = Visit("home", "At home", "", EDGE)
    settings = Settings(
        octet_url="https://octet.example",
        partner_key=KEY,
        visits={"home": visit},
        shapes_file=shapes_file,
    )
    assert KEY not in repr(settings)
    assert settings.visits == {"home": visit}
