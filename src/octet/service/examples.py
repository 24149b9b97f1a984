"""The examples of the API's document: one session of a browser in Germany."""

from typing import Any, Final

REF: Final = "sess_Zk3vNfQ2mX8yTn4wB7cRdA"

ENVELOPE: Final[Any] = {
    "v": 1,
    "id": "b6f0a1c2-5d3e-4f60-8a7b-9c0d1e2f3a4b",
    "sessionRef": REF,
    "receivedAt": 1790000000000,
    "wantVerdict": False,
    "edge": {"id": "fra-1", "version": "1.0.0", "lat": 50.11, "lon": 8.68},
    "report": {
        "v": 1,
        "id": "b6f0a1c2-5d3e-4f60-8a7b-9c0d1e2f3a4b",
        "sessionRef": REF,
        "mode": "full",
        "collector": "1.0.0",
        "signals": {
            "timeZone": {"value": {"name": "Europe/Berlin"}, "ms": 0.2},
            "languages": {"value": {"list": ["de-DE", "de", "en"]}, "ms": 0.1},
            "webgl": {"missing": "blocked", "ms": 3.1},
        },
        "receipts": [],
    },
    "observed": {
        "sourceIp": "203.0.113.7",
        "peerIp": "203.0.113.7",
        "via": "direct",
        "http": {"version": "1.1", "headers": [["Host", "yourapp.example"]]},
        "latency": [],
        "missing": {"tcp": "not-linux", "syn": "not-linux", "tls": "not-tls", "h2": "unsupported"},
    },
}
BATCH: Final[Any] = {"envelopes": [ENVELOPE]}
RESULTS: Final[Any] = {"results": [{"id": ENVELOPE["id"], "ok": True}]}
VERDICT: Final[Any] = {
    "country": "DE",
    "confidence": 0.91,
    "alarm": "none",
    "estimatedLocation": {"lat": 52.5, "lon": 13.4},
    "confidenceRadiusKm": 35,
}
PENDING: Final[Any] = {"status": "pending", "ref": REF}
KEYS: Final[Any] = {
    "keys": [
        {
            "kid": "k4.pid.yh4-bJYjOYAG6CWy0zsfPmpKylxS7uAWrxqVmBN2KAiJ",
            "paserk": "k4.public.Hrnbu7wEfAP9cGBOAHHwmH4Wsot1ciXBHwBBXQ4gsaI",
            "state": "active",
        }
    ]
}
