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

from octet.schema import SchemaError, structure
from octet.schema.verdict import Verdict

_FORM: Final = re.compile(
    r"sess_fixture_(?:pending(?P<ms>\d{1,5})_)?(?P<country>[A-Z]{2}|none)"
    r"_(?P<confidence>\d(?:\.\d{1,4})?)_(?P<alarm>[a-z]+)"
)
_ERROR: Final = re.compile(r"sess_fixture_error_(\d{3})")
_CODES: Final = {
    "400": "malformed",
    "401": "partner_key_invalid",
    "403": "partner_key_revoked",
    "429": "rate_limited",
    "500": "internal",
    "503": "overloaded",
    "504": "upstream_timeout",
}


@frozen
class Given:
    """A fixture reference that has a verdict."""

    verdict: Verdict
    after_s: float
    """From the first read on."""


def read_fixture(ref: str) -> Given | str | None:
    """Return what *ref* stands for: a verdict, a problem's code, or None for nothing special."""
    if error := _ERROR.fullmatch(ref):
        return _CODES.get(error[1])
    match = _FORM.fullmatch(ref)
    if match is None:
        return None
    members = {"confidence": float(match["confidence"]), "alarm": match["alarm"]}
    if match["country"] != "none":
        members["country"] = match["country"]
    try:
        verdict = structure(Verdict, members)
    except SchemaError:
        return None
    return Given(verdict, int(match["ms"] or 0) / 1000)
