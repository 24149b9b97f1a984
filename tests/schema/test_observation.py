import json
from pathlib import Path
from typing import Any

import pytest

from octet.schema import Observation, SchemaError, structure

DATA = Path(__file__).parents[1] / "data"


def observed(path: str, value: Any) -> dict[str, Any]:
    """Return the golden observation with *value* at *path*."""
    whole: dict[str, Any] = json.loads((DATA / "envelope.json").read_bytes())["observed"]
    *steps, last = (int(step) if step.isdigit() else step for step in path.split("."))
    holder: Any = whole
    for step in steps:
        holder = holder[step]
    holder[last] = value
    return whole


@pytest.mark.parametrize(
    ("path", "good"),
    [
        ("sourceIp", "2001:db8::1"),
        ("via", "trusted-proxy"),
        ("syn", "AAA="),
        ("latency", []),
        ("missing", {"syn": "not-linux", "somethingNew": "error"}),
        ("http.headers", [["Host", "a"], ["host", ""]]),
        ("http.h2.windowUpdate", 0),
        ("tcp", {}),
        ("latency.0.rttUs", [0] * 64),
    ],
)
def test_facts_pass(path: str, good: Any) -> None:
    """An edge may say all that the contract has a place for."""
    structure(Observation, observed(path, good))


@pytest.mark.parametrize(
    ("path", "bad"),
    [
        ("sourceIp", "host.example"),
        ("sourceIp", "fe80::1%eth0"),
        ("peerIp", ""),
        ("via", "proxy"),
        ("via", None),
        ("syn", "AA-_"),
        ("syn", "AAAAA"),
        ("syn", ""),
        ("tls.clientHello", "AQAB\n"),
        ("tcp.rttUs", -1),
        ("tcp.rttUs", 0.5),
        ("tcp.pmtu", 2**53 + 1),
        ("http.headers.0", ["host"]),
        ("http.headers.0", ["host", "a", "b"]),
        ("http.headers.0", ["host", None]),
        ("http.headers", {"host": "a"}),
        ("http.h2.settings.0", [1]),
        ("http.h2.priority.0", [3, True, 0, 201]),
        ("latency.0.rttUs", []),
        ("latency.0.rttUs", [0] * 65),
        ("latency.0.lat", 90.5),
        ("missing", {"syn": "lost"}),
        ("missing", []),
    ],
)
def test_what_is_no_fact_is_refused(path: str, bad: Any) -> None:
    """The service takes nothing else, and names the place."""
    with pytest.raises(SchemaError) as caught:
        structure(Observation, observed(path, bad))
    (fault,) = caught.value.faults
    expected = "".join(f"[{step}]" if step.isdigit() else f".{step}" for step in path.split("."))
    assert fault.path.startswith(expected.removeprefix("."))
