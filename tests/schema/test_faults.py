from typing import Any

import pytest

from octet.schema import MAX_SIGNALS, Batch, Report, Results
from octet.schema.codec import MAX_FAULTS
from octet.schema.faults import faults_of
from tests.schema.refusals import faults, report


def test_all_faults_are_reported_at_once_with_their_paths() -> None:
    """One answer tells a developer everything that is wrong, wherever it is."""
    value = {
        "v": 2,
        "mode": "loud",
        "collector": "a b",
        "receipts": ["v4.local.x", "v4.public.x", 3],
        "signals": {
            "timeZone": {"value": {}},
            "userAgent": {"value": {"ua": "x", "brands": [{"brand": "x"}, 7]}},
            "latency": {"value": {"channels": [{"url": "x", "rttMs": [1, -1]}]}},
        },
    }
    assert faults(Report, value) == [
        "v: must be at least 1 and at most 1",
        "id: is required",
        "mode: must be one of full, lite, passive",
        r"collector: must match [\x21-\x7e]{1,128}",
        r"receipts[1]: must match v4\.local\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)?",
        "receipts[2]: must be a string",
        "signals.timeZone.value.name: is required",
        "signals.userAgent.value.brands[0].version: is required",
        "signals.userAgent.value.brands[1]: must be an object",
        "signals.latency.value.channels[0].rttMs[1]: must be at least 0",
    ]


@pytest.mark.parametrize("name", ["a\nb", "a b", "", "é", "x" * 65, "1", "a.b"])
def test_a_path_repeats_no_odd_name(name: str) -> None:
    """A member's name that is the sender's own invention does not get into logs."""
    assert faults(Report, report(signals={name: 1})) == ["signals.*: must be an object"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Report, {"signals": {f"a{number}": 0 for number in range(MAX_SIGNALS)}}),
        (Batch, {"envelopes": [0] * 30_000}),
        (Report, {"signals": {"voices": {"value": {"langs": [0] * 30_000}}}}),
        (Results, {"results": [{}] * 20_000}),
    ],
)
def test_many_faults_make_a_small_answer(kind: type, value: Any) -> None:
    """However much is wrong, a bounded number of faults is told."""
    told = faults(kind, value)
    assert len(told) <= MAX_FAULTS
    assert len("; ".join(told)) < 2000


def test_a_mistake_of_our_own_is_none_of_the_senders() -> None:
    """What no hook raises is not told as a fault of the input."""
    with pytest.raises(TypeError, match="ours"):
        faults_of(TypeError("ours"))
