import pytest

from octet.schema import CODES, Problem, SchemaError, problem, structure, unstructure


@pytest.mark.parametrize("code", CODES)
def test_every_code_makes_a_problem(code: str) -> None:
    """A code alone gives type, status and title; the title serves where there is no detail."""
    status, title = CODES[code]
    assert problem(code, request_id="r") == Problem(
        type=f"urn:octet:problem:{code}",
        title=title,
        status=status,
        detail=title,
        code=code,
        request_id="r",
    )
    assert 400 <= status < 600


def test_a_problem_has_the_members_of_the_contract() -> None:
    """Six members, always all of them."""
    wire = unstructure(problem("malformed", "v: is required", request_id="r"))
    assert list(wire) == ["type", "title", "status", "detail", "code", "requestId"]
    assert wire["detail"] == "v: is required"


@pytest.mark.parametrize("status", [99, 600, 404.0, 1e300, "404"])
def test_a_status_is_one_of_http(status: object) -> None:
    """What no server can answer with is no status."""
    wire = unstructure(problem("malformed", request_id="r")) | {"status": status}
    with pytest.raises(SchemaError, match="status"):
        structure(Problem, wire)


def test_an_unknown_code_is_our_own_mistake() -> None:
    """No problem leaves without being in the list."""
    with pytest.raises(KeyError):
        problem("no_such_code", request_id="r")
