"""The page: valid, complete in itself, and harmless whatever a browser reported."""

import re
from collections.abc import AsyncIterator, Iterator
from html.parser import HTMLParser
from pathlib import Path

import attrs
import pytest

from benchmarks.browsers import Browsers, Visit, open_browsers, running_driver
from octet.schema import Envelope
from octet.service.engine import Engine
from octet.service.explain.page import DB_IP, render_page
from octet.service.explain.reasons import explain
from tests.service.engine.sessions import session
from tests.service.explain.test_reasons import GOLDEN

VOID = {"meta", "br"}
VIOLATIONS = """addEventListener('securitypolicyviolation', ({ violatedDirective }) => {
  throw new Error(violatedDirective); });
const said = console.error; console.error = (...all) => { said(...all); throw new Error(all[0]); };
"""
SHOWN = """({
  title: document.title,
  land: document.querySelectorAll('svg.map path.land').length,
  map: document.querySelector('svg.map').getBoundingClientRect().height,
  wide: document.documentElement.scrollWidth <= innerWidth,
  painted: getComputedStyle(document.querySelector('section')).borderRadius,
})"""


class Balance(HTMLParser):
    """Keeps the elements that are open, and complains of one that is closed in another."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - its interface
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(params=GOLDEN)
def golden(request: pytest.FixtureRequest) -> Envelope:
    return GOLDEN[request.param]


@pytest.fixture
def page(engine: Engine, golden: Envelope) -> str:
    return render_page(explain(engine, golden), engine.atlas)


def test_it_is_well_formed(page: str) -> None:
    """Every element that is opened is closed, in order."""
    reader = Balance()
    reader.feed(page)
    assert reader.open == []


def test_it_needs_nothing_from_elsewhere(page: str) -> None:
    """There is one address in it, a link that the licence of a table asks for, and no script."""
    assert re.findall(r"https?:[^\"<\s]*", page) == [DB_IP]
    assert not re.findall(r"<script|<img|<iframe|@import|url\(|\ssrc=|\son\w+=", page)
    assert len(page) < 600_000


def test_no_number_is_lost(page: str) -> None:
    """Nothing on the map or in a table is no number."""
    assert not re.findall(r"\bnan\b|\binf\b|None", page)


def test_what_a_browser_reports_stays_text(engine: Engine) -> None:
    """Markup in a signal is shown, not obeyed."""
    hostile = session(zone="<script>alert(1)</script>", languages=['de"><img src=x>'])
    hostile = attrs.evolve(hostile, edge=attrs.evolve(hostile.edge, id="<b>edge</b>"))
    page = render_page(explain(engine, hostile), engine.atlas)
    assert "&lt;script&gt;" in page
    assert "&lt;b&gt;edge" in page
    assert not re.findall(r"<script|<img|<b>", page)


@pytest.fixture(scope="module")
def driver() -> Iterator[str]:
    with running_driver() as socket:
        yield socket


@pytest.fixture
async def browsers(driver: str) -> AsyncIterator[Browsers]:
    async with open_browsers(driver) as them:
        yield them


@pytest.mark.chromium
@pytest.mark.parametrize("name", ["landmarks", "nothing"])
async def test_a_browser_shows_it(
    browsers: Browsers, engine: Engine, tmp_path: Path, name: str
) -> None:
    """Chromium shows map and style, asks nobody for anything, and has nothing to complain of."""
    path = tmp_path / "page.html"
    path.write_text(render_page(explain(engine, GOLDEN[name]), engine.atlas), encoding="utf-8")
    seen = await browsers.visit(
        Visit(browser="chromium", url=path.as_uri(), expression=SHOWN, preload=VIOLATIONS)
    )
    assert seen.errors == ()
    assert {url for url in seen.requests if not url.startswith("data:")} == {path.as_uri()}
    assert seen.value["land"] > 10
    assert seen.value["map"] > 300
    assert seen.value["wide"] is True
    assert seen.value["painted"] == "12px"
