"""How the service's answer becomes the page's."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octet.edge.outcome import NONSENSE, RETRY_AFTER_S, Failed, outcomes_of
from octet.schema import Accepted, Refused
from tests.edge.fakes import refusal

OK = {"id": "a", "ok": True}


def outcome(result: Any) -> Any:
    return outcomes_of(200, {}, json.dumps({"results": [result]}).encode(), ["a"])[0]


@pytest.mark.parametrize(
    ("status", "headers", "body", "code", "detail", "retry_after_s"),
    [
        (400, {}, b'{"code":"malformed"}', "upstream_rejected", "malformed", 1),
        (401, {}, b'{"code":"license_invalid"}', "upstream_rejected", "license_invalid", 1),
        (413, {}, b"", "upstream_rejected", "", 1),
        (404, {}, b'{"code":7}', "upstream_rejected", "", 1),
        (404, {}, b"[]", "upstream_rejected", "", 1),
        (429, {"retry-after": "30"}, b"", "upstream_unavailable", "", 30),
        (503, {"retry-after": "2"}, b'{"code":"x"}', "upstream_unavailable", "x", 2),
        (500, {"retry-after": "soon"}, b"<html>", "upstream_unavailable", "", RETRY_AFTER_S),
        (500, {"retry-after": "9" * 9}, b"", "upstream_unavailable", "", RETRY_AFTER_S),
        (503, {"retry-after": "0"}, b"", "upstream_unavailable", "", RETRY_AFTER_S),
        (204, {}, b"", NONSENSE.code, NONSENSE.detail, 1),
        (301, {}, b"", NONSENSE.code, NONSENSE.detail, 1),
    ],
)  # fmt: skip
def test_whole_batch(
    status: int, headers: dict[str, str], body: bytes, code: str, detail: str, retry_after_s: int
) -> None:
    """An answer that is no list of results befalls every report of the batch."""
    expected = [Failed(code, detail, retry_after_s)] * 2
    assert outcomes_of(status, headers, body, ["a", "b"]) == expected


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (OK, Accepted(id="a")),
        (OK | {"verdict": {"country": "DE"}}, Accepted(id="a", verdict={"country": "DE"})),
        (OK | {"id": "b"}, NONSENSE),
        (OK | {"id": None}, NONSENSE),
        (OK | {"ok": 1}, NONSENSE),
        ({"id": "a"}, NONSENSE),
        (None, NONSENSE),
        ({"id": "a", "ok": False}, NONSENSE),
        (refusal("b", "malformed", 400), NONSENSE),
        (refusal("a", "odd", 200), NONSENSE),
        (refusal("a", "rate_limited", 429), Failed("upstream_unavailable", "rate_limited")),
        (refusal("a", "internal", 500), Failed("upstream_unavailable", "internal")),
    ],
)
def test_one_result(result: Any, expected: Any) -> None:
    """Only a result of the page's own id that reads as the contract says is one."""
    assert outcome(result) == expected


def test_refusal_is_the_pages_own() -> None:
    """A report's own refusal keeps its problem."""
    refused = outcome(refusal("a", "malformed", 400, "signals.clock: must be an object"))
    assert isinstance(refused, Refused)
    assert (refused.problem.code, refused.problem.status) == ("malformed", 400)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_other_number_of_results(count: int) -> None:
    """Fewer or more results than reports are nobody's."""
    body = json.dumps({"results": [OK] * count}).encode()
    assert outcomes_of(200, {}, body, ["a", "a"]) == [NONSENSE] * 2


@given(
    st.integers(100, 599), st.binary() | st.just(b"[" * 100_000), st.lists(st.text(), max_size=3)
)
def test_nonsense_is_never_ok(status: int, body: bytes, ids: list[str]) -> None:
    """Whatever the service answers, each report has one outcome, and no noise is an ok."""
    outcomes = outcomes_of(status, {}, body, ids)
    assert len(outcomes) == len(ids)
    assert not any(isinstance(outcome, Accepted) for outcome in outcomes)
