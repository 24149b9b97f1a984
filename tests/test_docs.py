"""What the documents say of the repository."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
PLACES = "benchmarks|docs|examples|packaging|requirements|src|tests|web"
NAMED = re.compile(rf"(?<![\w./@-])(?:{PLACES})/[\w./-]*\w|(?<=\]\()(?!\w+:|#)[^)#\s]+")
"""A path from the root of the repository, or the relative target of a link."""


def paths(document: Path) -> set[str]:
    return set(NAMED.findall(document.read_text(encoding="utf-8")))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_path_exists(document: Path) -> None:
    """Every path of the repository that a document names is there."""
    places = (ROOT, document.parent)
    lost = {path for path in paths(document) if not any((at / path).exists() for at in places)}
    assert lost == set()


def test_paths_are_found() -> None:
    """The test above looks at something."""
    found = set().union(*map(paths, DOCUMENTS))
    assert {"src/octet/schema", "tests/edge/test___main__.py", "examples/demo/session.py"} <= found


TOPOLOGIES = ROOT / "docs/topologies.md"
SHORT = {
    "topologies": "edge/test_topologies.py",
    "app": "edge/test_app.py",
    "channel": "edge/test_channel.py",
    "browser": "system/test_browser.py",
    "tls": "system/test_browser_over_tls.py",
}
TEST = re.compile(r"`([\w/.]+)::(test_\w+)`")


def cells() -> list[str]:
    """Return the cells of the table of observations, without the first column."""
    rows = [row for row in TOPOLOGIES.read_text("utf-8").splitlines() if row.startswith("| ")]
    return [cell.strip() for row in rows[1:] for cell in row.strip("|").split("|")[1:]]


def test_every_topology_is_shown() -> None:
    """Each cell of the table names a test, or says why there is nothing to see."""
    assert len(cells()) == 10 * 6
    assert [cell for cell in cells() if not TEST.search(cell) and "cannot: " not in cell] == []


@pytest.mark.parametrize(("file", "test"), sorted(set(TEST.findall(TOPOLOGIES.read_text("utf-8")))))
def test_named_test_is_there(file: str, test: str) -> None:
    """A test that the table names exists."""
    text = (ROOT / "tests" / SHORT.get(file, file)).read_text("utf-8")
    assert f"def {test}(" in text
