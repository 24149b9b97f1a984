"""The head of a report, read without the converter where it is plain, as nearly all are.

The bounds stand in `ReportHead`, and are asked here as they stand there. What is not certainly a
report is left to the converter, which words every refusal.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, get_args

from octet.schema.codec import decode, structure
from octet.schema.constraints import Identifier, Pattern, SessionRef
from octet.schema.errors import SchemaError
from octet.schema.json_text import loads
from octet.schema.report import MAX_RECEIPTS, MAX_SIGNALS, Mode, Receipt, ReportHead, Unread


def _matches(kind: Any) -> Callable[[str], object]:
    _, pattern = get_args(kind)
    assert isinstance(pattern, Pattern)  # noqa: S101 - the kinds below
    return pattern.matches


_identifies: Final = _matches(Identifier)
_refers: Final = _matches(SessionRef)
_seals: Final = _matches(Receipt)
_MODES: Final[Mapping[str, Mode]] = {str(mode): mode for mode in Mode}
_UNREAD: Final = Unread()


def read_report_head(text: bytes) -> ReportHead:
    """Do what ``decode(ReportHead, text)`` does.

    Raises:
        SchemaError: with the faults and their paths.
    """
    report = loads(text, exact=False)
    head = _plain(report)
    if head is not None:
        return head
    try:
        return structure(ReportHead, report)
    except SchemaError:
        return decode(ReportHead, text)  # says the same of large integers as ever


def _plain(report: Any) -> ReportHead | None:
    """Return the head of a *report* with a reference and receipts; None if it is not that."""
    if type(report) is not dict:
        return None
    given = report.get
    v, name, session_ref, mode = given("v"), given("id"), given("sessionRef"), given("mode")
    collector, signals, receipts = given("collector"), given("signals"), given("receipts")
    if (
        type(v) is int
        and v == 1
        and type(name) is type(session_ref) is type(mode) is type(collector) is str
        and type(signals) is dict
        and type(receipts) is list
        and mode in _MODES
        and len(signals) <= MAX_SIGNALS
        and _identifies(name)
        and _refers(session_ref)
        and _identifies(collector)
        and (not receipts or _are_receipts(receipts))
    ):
        return ReportHead(
            v=v,
            id=name,
            session_ref=session_ref,
            mode=_MODES[mode],
            collector=collector,
            receipts=tuple(receipts),
            signals=_UNREAD,
        )
    return None


def _are_receipts(items: list[Any]) -> bool:
    return len(items) <= MAX_RECEIPTS and all(type(item) is str and _seals(item) for item in items)
