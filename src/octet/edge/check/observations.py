"""What of a visitor's connection the service gets to know through this way in."""

from typing import Final

from octet.edge.check.finding import Finding, ok, warn
from octet.edge.check.sighting import Sighting
from octet.schema import AbsenceReason

NAME: Final = "observations"

_WORDS: Final = {
    "tcp": "TCP timing",
    "syn": "the SYN",
    "tls": "TLS",
    "clientHello": "the ClientHello",
    "headerOrder": "header order",
}
_BY_DESIGN: Final = {AbsenceReason.BEHIND_PROXY, AbsenceReason.NOT_TLS}


def judge_observations(seen: Sighting) -> Finding:
    """List what is there and what is not."""
    missing = dict(seen.sight.missing)
    missing.pop("h2", None)
    if "tls" in missing:
        missing.setdefault("clientHello", missing["tls"])
    there = ", ".join(words for name, words in _WORDS.items() if name not in missing)
    text = f"the edge sees {there or 'the address alone'}"
    for reason in dict.fromkeys(missing.values()):
        gone = ", ".join(words for name, words in _WORDS.items() if missing.get(name) is reason)
        text += f"; not {gone} ({reason})"
    if set(missing.values()) <= _BY_DESIGN:
        return ok(NAME, text)
    return warn(NAME, text, "octet-edge on Linux sees all that its place on the way allows")
