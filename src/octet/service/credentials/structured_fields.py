"""Dictionaries of structured fields (RFC 8941), as far as signatures and digests need them.

A member's value stays the text that it is: who wants one knows its form. Other members may be there
(a proxy signs for itself, a digest comes by two algorithms) and must only be told apart.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Final

_STRING: Final = r'"(?:[ !#-\[\]-~]|\\["\\])*"'
_BYTES: Final = r":[A-Za-z0-9+/=]*:"
_WORD: Final = r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*"
_NUMBER: Final = r"-?[0-9]{1,15}(?:\.[0-9]{1,3})?"
_ITEM: Final = rf"(?:{_STRING}|{_BYTES}|{_WORD}|{_NUMBER}|\?[01])"
_KEY: Final = r"[a-z*][a-z0-9_.*-]*"
_PARAMETERS: Final = rf"(?:; *{_KEY}(?:={_ITEM})?)*"
_INNER_LIST: Final = rf"\( *(?:{_ITEM}{_PARAMETERS}(?: +{_ITEM}{_PARAMETERS})*)? *\)"
_MEMBER: Final = re.compile(rf"({_KEY})(?:=((?:{_INNER_LIST}|{_ITEM}){_PARAMETERS})|{_PARAMETERS})")
_COMMA: Final = re.compile(r"[ \t]*,[ \t]*")


def members(text: str) -> Mapping[str, str]:
    """Return the members of a dictionary, each with its value's text; of two alike the last.

    Raises:
        ValueError: *text* is no dictionary.
    """
    found: dict[str, str] = {}
    text = text.strip(" ")
    place = 0
    while place < len(text):
        member = _MEMBER.match(text, place)
        if member is None:
            raise ValueError("no dictionary")
        found[member[1]] = member[2] or ""
        place = member.end()
        comma = _COMMA.match(text, place)
        if comma is None and place < len(text):
            raise ValueError("no comma between members")
        if comma is not None and comma.end() == len(text):
            raise ValueError("no member after a comma")
        place = comma.end() if comma else place
    return found


def byte_sequence(text: str) -> bytes:
    """Return the bytes that ``:…:`` stands for.

    Raises:
        ValueError: *text* is no byte sequence.
    """
    if re.fullmatch(_BYTES, text) is None:
        raise ValueError("no byte sequence")
    try:
        return base64.b64decode(text[1:-1], validate=True)
    except binascii.Error as exc:
        raise ValueError("no base64") from exc
