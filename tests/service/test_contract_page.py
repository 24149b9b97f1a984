"""The page that says which test shows which part of the service's contract."""

import ast
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from octet.schema import CODES
from octet.service.app import create_app
from octet.service.config import ServiceConfig
from tests.service.fakes import ScriptedJudge

PAGE = Path("docs/service_contract.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`([\w/]+)::(test_\w+)`")
BOTH = re.compile(r"\*\*both\*\* ((?:`[\w/]+::test_\w+`(?:, )?)+)")
CONFTEST = Path("tests/service/conftest.py")
EDGE_ALONE = {
    "origin_not_allowed",
    "upgrade_required",
    "upstream_rejected",
    "upstream_unavailable",
    "upstream_timeout",
}


def file_of(name: str) -> Path:
    place, _, module = name.rpartition("/")
    return Path("tests/service", place, f"test_{module}.py")


@pytest.mark.parametrize("module", sorted({name for name, _ in NAMED.findall(PAGE)}))
def test_every_test_exists(module: str) -> None:
    """Every test that the page names is there."""
    source = file_of(module).read_text(encoding="utf-8")
    defined = set(re.findall(r"^(?:async )?def (test_\w+)", source, re.MULTILINE))
    assert {test for name, test in NAMED.findall(PAGE) if name == module} <= defined


def test_both_are_both() -> None:
    """What the page says is tested with both stores stands on the fixture that is both."""
    both = {pair for cell in BOTH.findall(PAGE) for pair in NAMED.findall(cell)}
    assert len(both) > 20
    for name, test in both:
        asked = {**arguments(CONFTEST), **arguments(file_of(name))}
        assert "server" in stands_on(asked, test), (name, test)


def arguments(source: Path) -> Mapping[str, set[str]]:
    """Return what each function of a module asks for."""
    module = ast.parse(source.read_text(encoding="utf-8"))
    functions = (n for n in module.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return {function.name: {a.arg for a in function.args.args} for function in functions}


def stands_on(asked: Mapping[str, set[str]], name: str) -> set[str]:
    """Return the fixtures that *name* needs, near and far."""
    near = asked.get(name, set())
    return near.union(*(stands_on(asked, fixture) for fixture in near))


def test_every_code() -> None:
    """Every code that the service can answer has its row, with its status."""
    for code, (status, _) in CODES.items():
        if code not in EDGE_ALONE:
            assert re.search(rf"^\| .*`{code}`.* \| {status}", PAGE, re.MULTILINE), code


def test_every_route() -> None:
    """Every route of the application has its row."""
    app = create_app(ServiceConfig(dev=True), ScriptedJudge())
    for rule in app.url_map.iter_rules():
        assert f" {rule.rule.replace('<ref>', '{ref}')}` |" in PAGE, rule.rule


def test_every_variable() -> None:
    """Every variable that the service reads has its row."""
    source = Path("src/octet/service/config.py").read_text(encoding="utf-8")
    variables = set(re.findall(r'"(OCTET_\w+|HOST|PORT)"', source)) - {"OCTET_READY_FILE"}
    assert len(variables) > 10
    assert {name for name in variables if f"`{name}`" not in PAGE} == set()
