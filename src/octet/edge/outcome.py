"""What became of a report, and how the service's answer decides it.

The match statements here are the one place where the service's failures become the page's.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from attrs import frozen

from octet.schema import Accepted, Problem, Refused, Results, SchemaError, structure
from octet.schema.json_text import dumps, loads

RETRY_AFTER_S: Final = 1
"""What a page is told to wait when the service named nothing."""

MAX_RESULTS_DEPTH: Final = 16

_CODE: Final = re.compile(r"[a-z_]{1,64}")
"""How a code looks; what looks otherwise may be anything, and is told to nobody."""


@frozen
class Failed:
    """The report is not with the service; the page may try again by the same id."""

    code: str
    """``upstream_rejected``, ``upstream_unavailable``, ``upstream_timeout`` or ``overloaded``."""
    detail: str = ""
    retry_after_s: int = RETRY_AFTER_S


Outcome: TypeAlias = Accepted | Refused | Failed

UNREACHABLE: Final = Failed("upstream_unavailable")
TIMED_OUT: Final = Failed("upstream_timeout")
OVERLOADED: Final = Failed("overloaded")
NONSENSE: Final = Failed("upstream_rejected", "the service's answer is not what the contract says")


def outcomes_of(
    status: int, headers: Mapping[str, str], body: bytes, ids: Sequence[str]
) -> list[Outcome]:
    """Read the service's answer to a batch of the reports *ids*; one outcome each, in order."""
    match status:
        case 200:
            return _of_results(body, ids)
        case 429:
            outcome = Failed("upstream_unavailable", "", retry_after_s(headers) or RETRY_AFTER_S)
        case _ if 400 <= status < 500:  # noqa: PLR2004 - the class of client errors
            outcome = Failed("upstream_rejected", problem_code(body))
        case _ if status >= 500:  # noqa: PLR2004 - the class of server errors
            wait_s = retry_after_s(headers) or RETRY_AFTER_S
            outcome = Failed("upstream_unavailable", problem_code(body), wait_s)
        case _:
            outcome = NONSENSE
    return [outcome] * len(ids)


def retry_after_s(headers: Mapping[str, str]) -> int | None:
    """Return how many seconds the service asks to wait; None when it names none, or a date."""
    text = headers.get("retry-after", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None  # noqa: PLR2004 - five digits are a day


def problem_code(body: bytes) -> str:
    """Return the problem's code, which is all of it that a page or a log may see; empty if none."""
    try:
        members: Any = loads(body)
    except SchemaError:
        return ""
    code = members.get("code") if isinstance(members, dict) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def _of_results(body: bytes, ids: Sequence[str]) -> list[Outcome]:
    if body == dumps({"results": [{"id": own_id, "ok": True} for own_id in ids]}):
        return [Accepted(own_id) for own_id in ids]  # in the service's own spelling, as mostly
    try:
        answer = loads(body, max_depth=MAX_RESULTS_DEPTH)
    except SchemaError:
        return [NONSENSE] * len(ids)
    match answer:
        case {"results": list(results)} if len(results) == len(ids):
            return [_of_result(result, own) for result, own in zip(results, ids, strict=True)]
        case _:
            return [NONSENSE] * len(ids)


def _of_result(unread: Any, own_id: str) -> Outcome:
    """Keep a result that is the page's own; one of another id is never an ok.

    Each is read alone, so that one that cannot be read costs its neighbours nothing. What says no
    more than that it is ok, as nearly all do, needs no reader.
    """
    if type(unread) is dict and len(unread) == 2 and unread.get("ok") is True:  # noqa: PLR2004
        return Accepted(id=own_id) if unread.get("id") == own_id else NONSENSE
    try:
        (result,) = structure(Results, {"results": [unread]}).results
    except SchemaError:
        return NONSENSE
    match result:
        case _ if result.id != own_id:
            return NONSENSE
        case Refused(problem=Problem(status=status, code=code)) if (
            status == 429 or status >= 500  # noqa: PLR2004 - try again later
        ):
            return Failed("upstream_unavailable", code)
        case Refused(problem=Problem(status=status)) if not 400 <= status < 500:  # noqa: PLR2004
            return NONSENSE
        case _:
            return result
