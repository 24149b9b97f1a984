"""Reports of the shape and size of real ones, from a seed."""

import copy
import json
import random
import uuid
from pathlib import Path
from typing import Any, Final

SAMPLE: Final = Path(__file__).parents[2] / "tests/data/report.json"
ENVELOPE: Final = SAMPLE.parent / "envelope.json"
COUNT: Final = 64
BATCHES: Final = 8
ID: Final = "IDENTIFIER000000"
REF: Final = "sess_PLACEHOLDER0000000000"
RECEIPT: Final = "RECEIPT"
ZONES: Final = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "America/Sao_Paulo")
LANGUAGES: Final = (["de-DE", "de", "en"], ["en-US", "en"], ["ja"], ["pt-BR", "pt", "en-US", "en"])


def write_bodies(path: Path, *, seed: int, receipt: bool) -> int:
    """Write `COUNT` reports, one a line; return their mean size in bytes.

    With *receipt*, each names a reference and a receipt by placeholders that a visit fills in.
    """
    source = random.Random(seed)  # noqa: S311 - a seeded load, no secret
    sample = json.loads(SAMPLE.read_text(encoding="utf-8"))
    lines = [json.dumps(_vary(sample, source, receipt=receipt)) for _ in range(COUNT)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return sum(map(len, lines)) // COUNT


def write_batches(path: Path, *, seed: int, envelopes: int) -> int:
    """Write batches of so many *envelopes*, one a line, whose ids the load makes anew each time.

    Returns the mean size in bytes.
    """
    source = random.Random(seed)  # noqa: S311 - a seeded load, no secret
    sample = json.loads(ENVELOPE.read_text(encoding="utf-8"))
    lines = [json.dumps(_batch(sample, source, envelopes)) for _ in range(BATCHES)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return sum(map(len, lines)) // BATCHES


def _batch(sample: Any, source: random.Random, envelopes: int) -> Any:
    return {"envelopes": [_envelope(sample, source, place) for place in range(envelopes)]}


def _envelope(sample: Any, source: random.Random, place: int) -> Any:
    envelope = copy.deepcopy(sample)
    report = _vary(envelope["report"], source, receipt=False)
    report["id"] = envelope["id"] = f"{ID}-{place}"
    report["sessionRef"] = envelope["sessionRef"] = f"sess_{ID}{place:06d}"
    envelope["report"] = report
    return envelope


def _vary(sample: Any, source: random.Random, *, receipt: bool) -> Any:
    report = copy.deepcopy(sample)
    report["id"] = str(uuid.UUID(int=source.getrandbits(128), version=4))
    report["sessionRef"] = REF if receipt else f"sess_{source.getrandbits(128):032x}"
    report["receipts"] = [RECEIPT] if receipt else []
    signals = report["signals"]
    place = source.randrange(len(ZONES))
    signals["timeZone"]["value"]["name"] = ZONES[place]
    signals["languages"]["value"]["list"] = LANGUAGES[place]
    rtt_ms = [round(source.lognormvariate(3.5, 0.3), 1) for _ in range(23)]
    url = "wss://yourapp.example/octet/v1/ws"
    signals["latency"]["value"] = {"channels": [{"url": url, "rttMs": rtt_ms}]}
    return report
