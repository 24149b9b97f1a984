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
