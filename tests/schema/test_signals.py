import json
from pathlib import Path

import pytest

from octet.schema import SIGNAL_TYPES, Missing, Report, SchemaError, decode, encode

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "data" / "signals"
SOURCES = ROOT / "web" / "collector" / "src" / "sources"


def report(**signals: object) -> bytes:
    head = {"v": 1, "id": "a", "mode": "full", "collector": "1"}
    return json.dumps(head | {"signals": signals}).encode()


def test_each_signal_stands_in_all_its_places() -> None:
    """Classes, golden samples and the collector's sources name the same signals."""
    samples = {path.stem for path in SAMPLES.iterdir()}
    sources = {
        path.stem
        for path in SOURCES.glob("*.ts")
        if path.name != "index.ts" and not path.name.endswith(".test.ts")
    }
    assert samples == set(SIGNAL_TYPES)
    assert sources == set(SIGNAL_TYPES)


@pytest.mark.parametrize("name", SIGNAL_TYPES)
def test_each_golden_sample_is_read_and_written_back(name: str) -> None:
    """A sample says every member of its signal, and means the same after a round trip."""
    sample = json.loads((SAMPLES / f"{name}.json").read_bytes())
    read = decode(Report, report(**{name: sample}))
    value = read.signals.get(SIGNAL_TYPES[name])
    assert isinstance(value, SIGNAL_TYPES[name])
    assert json.loads(encode(read))["signals"] == {name: sample}


@pytest.mark.parametrize("name", SIGNAL_TYPES)
def test_each_signal_may_be_missing(name: str) -> None:
    """A reason may stand in place of every signal."""
    read = decode(Report, report(**{name: {"missing": "timeout"}}))
    assert isinstance(read.signals.get(SIGNAL_TYPES[name]), Missing)


@pytest.mark.parametrize("name", SIGNAL_TYPES)
@pytest.mark.parametrize("value", [None, 1, "x", True, []])
def test_each_signal_is_an_object(name: str, value: object) -> None:
    """No signal's value is null, a scalar or an array."""
    with pytest.raises(SchemaError) as caught:
        decode(Report, report(**{name: {"value": value}}))
    assert [str(fault) for fault in caught.value.faults] == [
        f"signals.{name}.value: must be an object"
    ]
