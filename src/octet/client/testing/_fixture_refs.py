"""The references that test partner keys may read without any collection.

sess_fixture_DE_0.91_none                 a verdict
sess_fixture_none_0.12_low                a verdict without a country
sess_fixture_pending                      pending, always
sess_fixture_pending1500_US_0.88_medium   pending for 1.5 s after the first read
sess_fixture_error_429                    a problem
"""

import re
from typing import Final

from attrs import frozen

from octet.schema.verdict import Alarm, Verdict

_FORM: Final = re.compile(
    r"sess_fixture_(?:pending(?P<ms>[0-9]{1,5})_)?(?P<country>[A-Z]{2}|none)"
    rf"_(?P<confidence>0(?:\.[0-9]{{1,6}})?|1(?:\.0{{1,6}})?)_(?P<alarm>{'|'.join(Alarm)})"
)
_LIMITED: Final = "sess_fixture_error_429"


@frozen
class Given:
    """A fixture reference that has a verdict."""

    verdict: Verdict
    after_s: float
    """From the first read on."""


def read_fixture(ref: str) -> Given | str | None:
    """Return what *ref* stands for: a verdict, a problem's code, or None for nothing special."""
    if ref == _LIMITED:
        return "rate_limited"
    match = _FORM.fullmatch(ref)
    if match is None:
        return None
    country = None if match["country"] == "none" else match["country"]
    verdict = Verdict(
        country=country, confidence=float(match["confidence"]), alarm=Alarm(match["alarm"])
    )
    return Given(verdict, int(match["ms"] or 0) / 1000)
