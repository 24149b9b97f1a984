from typing import Any

import pytest

from octet.schema import MAX_RECEIPTS, Mode, Report, ReportHead, SchemaError, structure

HEAD = {"v": 1, "id": "a", "mode": "lite", "collector": "1.0.0", "signals": {}}


def test_only_what_must_be_there_is_required() -> None:
    """A report needs no reference and no receipts."""
    report = structure(Report, HEAD)
    assert (report.session_ref, report.receipts, report.mode) == (None, (), Mode.LITE)
    assert list(report.signals) == []


@pytest.mark.parametrize(
    ("member", "good"),
    [
        ("sessionRef", "12345678"),
        ("sessionRef", "A.z~0-9_" * 16),
        ("id", "b6f0d3a2-93f5-4c8e-8a55-0c6f3e6f1a11"),
        ("receipts", ["v4.local.A-_9"] * MAX_RECEIPTS),
        ("receipts", ["v4.local.AAAA.eyJraWQi"]),
    ],
)
def test_good_members_pass(member: str, good: Any) -> None:
    """References, ids and receipts of the contract are taken."""
    structure(ReportHead, HEAD | {member: good})


@pytest.mark.parametrize(
    ("member", "bad"),
    [
        ("sessionRef", "1234567"),
        ("sessionRef", "x" * 129),
        ("sessionRef", "sess_abc/"),
        ("sessionRef", "sess_abc\n"),
        ("sessionRef", "sess_äöü"),
        ("id", ""),
        ("id", "x" * 129),
        ("id", "a b"),
        ("receipts", ["v4.local."]),
        ("receipts", ["v4.public.AAAA"]),
        ("receipts", ["v4.local.AAAA.x.y"]),
        ("receipts", ["v4.local.A+/="]),
        ("receipts", ["v4.local.A"] * (MAX_RECEIPTS + 1)),
        ("mode", "passiveOnly"),
        ("v", 0),
    ],
)
def test_bad_members_are_refused(member: str, bad: Any) -> None:
    """What the contract does not allow is malformed, at its own path."""
    with pytest.raises(SchemaError) as caught:
        structure(ReportHead, HEAD | {member: bad})
    assert caught.value.code == "malformed"
    (fault,) = caught.value.faults
    assert fault.path.startswith(member)
