"""The page that says which test shows what of the collector, in which browser."""

import ast
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.system.test_browser_signals import CASES

PAGE = Path("docs/collector_browsers.md").read_text(encoding="utf-8")
ROWS = [row.strip("|").split("|") for row in PAGE.splitlines() if row.startswith("| ")][1:]
NAMED = re.compile(r"`([\w/.]+)::(test_\w+)`")
CASE = re.compile(r"case `(\w+)`")
SHORT = {
    "signals": "system/test_browser_signals.py",
    "manners": "system/test_browser_manners.py",
    "observed": "system/test_browser.py",
    "package": "system/test_package.py",
}


def arguments(file: str) -> Mapping[str, set[str]]:
    """Return what each test of *file* asks for, below ``tests/``."""
    module = ast.parse((Path("tests") / file).read_text(encoding="utf-8"))
    functions = (n for n in module.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return {function.name: {a.arg for a in function.args.args} for function in functions}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip())
def test_row(row: list[str]) -> None:
    """What a row names is there, and runs in both browsers, or the row says which cannot."""
    _, shown, cannot = (cell.strip() for cell in row)
    tests, cases = NAMED.findall(shown), set(CASE.findall(shown))
    assert tests or cases
    by_name = {case.name: case for case in CASES}
    assert cases <= set(by_name)
    alone = bool(cases) and all(by_name[case].only for case in cases)
    for file, test in tests:
        asked = arguments(SHORT.get(file, file))[test]
        alone |= file in SHORT and not asked & {"visitor", "browser", "envelope", "envelopes"}
    assert not alone or cannot


def test_nothing_is_left_out() -> None:
    """Every case and every test of a page's manners has its row."""
    assert len(ROWS) > 30
    assert set(CASE.findall(PAGE)) == {case.name for case in CASES}
    shown = {test for file, test in NAMED.findall(PAGE) if file == "manners"}
    assert shown == {name for name in arguments(SHORT["manners"]) if name.startswith("test_")}
