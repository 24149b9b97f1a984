import json
from pathlib import Path

import pytest

from octet.schema import (
    MAX_BATCH_DEPTH,
    MAX_ENVELOPES,
    Batch,
    Envelope,
    SchemaError,
    decode,
    encode,
    structure,
)
from octet.schema.json_text import MAX_DEPTH, dumps, loads

DATA = Path(__file__).parents[1] / "data"
ENVELOPE = json.loads((DATA / "envelope-minimal.json").read_bytes())


@pytest.mark.parametrize("count", [1, MAX_ENVELOPES])
def test_a_batch_has_one_to_sixty_four_envelopes(count: int) -> None:
    """Both ends are taken."""
    assert len(structure(Batch, {"envelopes": [ENVELOPE] * count}).envelopes) == count


@pytest.mark.parametrize("count", [0, MAX_ENVELOPES + 1])
def test_no_envelope_and_too_many_are_malformed(count: int) -> None:
    """One fewer or one more is not."""
    with pytest.raises(SchemaError) as caught:
        structure(Batch, {"envelopes": [ENVELOPE] * count})
    assert caught.value.code == "malformed"


def test_one_bad_envelope_fails_alone() -> None:
    """A batch is read without looking into its envelopes."""
    batch = structure(Batch, {"envelopes": [ENVELOPE, {"v": 1}, None]})
    assert structure(Envelope, batch.envelopes[0]).id == "minimal-1"
    for envelope in batch.envelopes[1:]:
        with pytest.raises(SchemaError):
            structure(Envelope, envelope)


def test_the_deepest_report_fits_into_a_batch() -> None:
    """What is deep enough for the edge is not too deep for the service."""
    deep: object = 0
    for _ in range(MAX_DEPTH - 3):  # the report, its signals and the signal around the value
        deep = [deep]
    report = ENVELOPE["report"] | {"signals": {"tomorrow": {"value": deep}}}
    assert loads(dumps(report)) == report
    with pytest.raises(SchemaError):
        loads(dumps([report]))
    batch = dumps({"envelopes": [ENVELOPE | {"report": report}]})
    (envelope,) = decode(Batch, batch, max_depth=MAX_BATCH_DEPTH).envelopes
    assert json.loads(encode(structure(Envelope, envelope)))["report"] == report
