"""What the parsers make of real programs' packets, as `captures` kept them."""

import base64
import json
from pathlib import Path
from typing import Any

from benchmarks.accuracy.components.captures import FILE
from octet.schema import Http2, structure
from octet.service.engine.stack import Engine
from octet.service.engine.stack.client_hello import read_client_hello
from octet.service.engine.stack.http import engine_of_h2, engine_of_headers
from octet.service.engine.stack.syn import read_syn
from octet.service.engine.stack.user_agent import read_user_agent


def measure(file: Path = FILE) -> dict[str, Any] | None:
    """Return what each sample is taken for; None where nothing was captured."""
    if not file.exists():
        return None
    kept = json.loads(file.read_text(encoding="utf-8"))
    return {
        "at": kept["environment"]["at"],
        "kernel": kept["environment"]["kernel"],
        "programs": kept["environment"]["programs"],
        "rows": [_row(sample) for sample in kept["samples"]],
    }


def _row(sample: dict[str, Any]) -> dict[str, Any]:
    syn = read_syn(base64.b64decode(sample["syn"]))
    hello = read_client_hello(base64.b64decode(sample["clientHello"]))
    opening = None if sample["h2"] is None else structure(Http2, sample["h2"])
    claim = read_user_agent(sample["userAgent"]) if sample["userAgent"] else None
    told = {
        "tls": _name(hello.engine if hello else None),
        "h2": _name(engine_of_h2(opening) if opening else None),
        "headers": _name(engine_of_headers([name.lower() for name in sample["headers"]])),
    }
    return {
        "name": sample["name"],
        "system": str(syn.system) if syn else None,
        "options": " ".join(syn.options) if syn else None,
        "mss": syn.mss if syn else None,
        "ja4": hello.ja4() if hello else None,
        "claimed": _name(claim.engine if claim else None),
        "claimedSystem": str(claim.system) if claim and claim.system else None,
        **told,
    }


def _name(engine: Engine | None) -> str | None:
    return None if engine is None else str(engine)
