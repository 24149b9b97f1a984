import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from octet.schema import SchemaError, structure
from octet.schema.json_schema import BODIES, DIALECT, export, render
from octet.schema.verdict import Pending
from tests.schema.damage import damaged
from tests.schema.strategies import documents

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"

VALIDATORS = {
    name: Draft202012Validator(export(name), format_checker=Draft202012Validator.FORMAT_CHECKER)
    for name in BODIES
}


def tagged(kind: type, document: Any) -> Any:
    """Add the member that makes a pending reply one on the wire."""
    return {"status": "pending"} | document if kind is Pending else document


@pytest.mark.parametrize("name", BODIES)
def test_the_files_are_up_to_date(name: str) -> None:
    """``docs/schema`` holds what the classes say now."""
    assert (ROOT / "docs" / "schema" / f"{name}.json").read_text("utf-8") == render(name)


def test_the_command_writes_every_file(tmp_path: Path) -> None:
    """``python -m octet.schema.json_schema DIR`` makes DIR and writes one file a body."""
    target = tmp_path / "new" / "schema"
    subprocess.run([sys.executable, "-m", "octet.schema.json_schema", target], check=True)
    written = {path.name: path.read_text("utf-8") for path in target.iterdir()}
    assert written == {f"{name}.json": render(name) for name in BODIES}


@pytest.mark.parametrize("name", BODIES)
def test_each_schema_is_a_schema(name: str) -> None:
    """Every exported file is valid JSON Schema 2020-12 that refers to nothing outside."""
    schema = export(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == DIALECT
    assert references(schema) <= {f"#/$defs/{inner}" for inner in schema.get("$defs", {})}


def references(schema: Any) -> set[str]:
    if isinstance(schema, dict):
        own = {schema["$ref"]} if "$ref" in schema else set()
        return own.union(*map(references, schema.values()))
    return set().union(*map(references, schema)) if isinstance(schema, list) else set()


@pytest.mark.parametrize(
    ("sample", "name"),
    [
        ("report", "report"),
        ("envelope", "envelope"),
        ("envelope-minimal", "envelope"),
        ("results", "results"),
        ("verdict", "verdict"),
        ("verdict-silent", "verdict"),
        ("problem", "problem"),
    ],
)
def test_golden_samples_are_valid(sample: str, name: str) -> None:
    """The samples that the codec reads are valid by the schema too."""
    VALIDATORS[name].validate(json.loads((DATA / f"{sample}.json").read_bytes()))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("description",), "A browser's report."),
        (("properties", "sessionRef", "description"), "The backend's opaque reference; without"),
        (
            ("$defs", "UtcOffset", "properties", "nowMin", "description"),
            "Minutes east of UTC, now.",
        ),
        (("$defs", "Mode", "description"), "How much the collector does."),
    ],
)
def test_descriptions_come_from_the_source(path: tuple[str, ...], text: str) -> None:
    """Docstrings and the text under a field, inherited ones too, are the descriptions."""
    inner: Any = export("report")
    for name in path:
        inner = inner[name]
    assert inner.startswith(text)


@pytest.mark.parametrize("name", BODIES)
@given(data=st.data())
def test_what_the_codec_writes_is_valid(name: str, data: st.DataObject) -> None:
    """Every body that can be encoded is valid by its schema."""
    kind = BODIES[name]
    VALIDATORS[name].validate(tagged(kind, data.draw(documents(kind))))


@pytest.mark.parametrize("name", BODIES)
@given(data=st.data())
def test_codec_and_schema_refuse_the_same(name: str, data: st.DataObject) -> None:
    """Of damaged documents the schema refuses exactly those that the codec refuses."""
    kind = BODIES[name]
    document = data.draw(damaged(kind))
    try:
        structure(kind, document)
    except SchemaError:
        accepted = False
    else:
        accepted = True
    assert VALIDATORS[name].is_valid(tagged(kind, document)) == accepted
