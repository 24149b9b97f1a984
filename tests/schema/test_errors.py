import pytest

from octet.schema import Fault, SchemaError


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault("", "nested deeper than 16"), "nested deeper than 16"),
        (Fault("a.b[0]", "is required", missing=True), "a.b[0]: is required"),
    ],
)
def test_a_fault_says_where_and_why(fault: Fault, text: str) -> None:
    """A fault's text is its path, when it has one, and its reason."""
    assert str(fault) == text


ABSENT = Fault("a", "is required", missing=True)
WRONG = Fault("b", "must be a string")


@pytest.mark.parametrize(
    ("faults", "code"),
    [
        ([ABSENT], "missing_fields"),
        ([ABSENT, ABSENT], "missing_fields"),
        ([ABSENT, WRONG], "malformed"),
        ([WRONG], "malformed"),
    ],
)
def test_the_code_is_missing_fields_when_nothing_else_is_wrong(
    faults: list[Fault], code: str
) -> None:
    """One fault of another kind makes the whole malformed."""
    error = SchemaError(*faults)
    assert error.code == code
    assert error.faults == tuple(faults)
    assert str(error) == "; ".join(map(str, faults))
