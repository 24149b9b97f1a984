from typing import Any

import pytest

from octet.schema import Accepted, Refused, Results, SchemaError, problem, structure, unstructure

REFUSED = Refused("b", problem("malformed", "v: is required", request_id="r"))


def test_ok_tells_the_two_apart() -> None:
    """On the wire ``ok`` says which of the two classes a result is."""
    results = Results((Accepted("a"), REFUSED))
    wire = unstructure(results)
    assert [result["ok"] for result in wire["results"]] == [True, False]
    assert "verdict" not in wire["results"][0]
    assert structure(Results, wire) == results


def test_a_verdict_goes_through_unread() -> None:
    """Whatever object stands for the verdict arrives as it was sent."""
    verdict = {"confidence": 1, "later": [None, {"a": 1.5}]}
    (result,) = structure(
        Results, {"results": [{"id": "a", "ok": True, "verdict": verdict}]}
    ).results
    assert result == Accepted("a", verdict)
    assert unstructure(result)["verdict"] == verdict


@pytest.mark.parametrize(
    "result",
    [
        None,
        [],
        {},
        {"id": "a"},
        {"id": "a", "ok": 1},
        {"id": "a", "ok": "true"},
        {"id": "a", "ok": None},
        {"ok": True},
        {"id": 1, "ok": True},
        {"id": "a", "ok": True, "verdict": None},
        {"id": "a", "ok": True, "verdict": []},
        {"id": "a", "ok": False},
        {"id": "a", "ok": False, "problem": {}},
        {"id": "a", "ok": False, "problem": None},
    ],
)
def test_nonsense_is_no_result(result: Any) -> None:
    """A result that is neither accepted nor refused is an error, never an ok."""
    with pytest.raises(SchemaError) as caught:
        structure(Results, {"results": [result]})
    assert all(fault.path.startswith("results[0]") for fault in caught.value.faults)
