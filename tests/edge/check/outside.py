"""A deployed edge, looked at from outside."""

import random
import ssl
from collections.abc import Mapping
from typing import Any

from octet.edge.check.finding import Finding, Status
from octet.edge.check.outside import NAMES, Questions, check_outside
from octet.edge.check.target import Target
from octet.edge.clock import epoch_ms
from tests.edge.check.conftest import ORIGIN
from tests.edge.fakes import LICENSE

BROWSER = "127.0.0.5"
"""Where the check comes from: an address that no edge here trusts."""
OK, WARN, FAIL, UNKNOWN = Status.OK, Status.WARN, Status.FAIL, Status.UNKNOWN

Found = Mapping[str, Finding]


async def look(url: str, **more: Any) -> Found:
    """Check *url* from the browser's address; return each finding by its name."""
    asked: dict[str, Any] = {
        "target": Target.read(url),
        "license": LICENSE,
        "origin": ORIGIN,
        "trust": ssl.create_default_context(),
        "source": BROWSER,
        "expected": None,
        "epoch_ms": epoch_ms,
        "rng": random.Random(4711),  # noqa: S311 - so that each run sends the same
    }
    findings = await check_outside(Questions(**asked | more))
    assert [finding.name for finding in findings] == list(NAMES)
    assert LICENSE not in str(findings)
    for finding in findings:
        assert finding.remedy or finding.status in {OK, UNKNOWN}
    return {finding.name: finding for finding in findings}


def but(found: Found, status: Status = OK) -> dict[str, Status]:
    """Return what is not *status*."""
    return {name: f.status for name, f in found.items() if f.status is not status}
