"""The demo's verdicts as a person reads them, and as a program does."""

import json
from collections.abc import Mapping
from typing import Any

from examples.demo.session import Session


def render_table(sessions: tuple[Session, ...], verdicts: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a table, a line a session."""
    rows: list[tuple[str, ...]] = [
        ("session", "network", "zone", "country", "confidence", "alarm", "radius")
    ]
    rows += [_row(session, verdicts[session.name]) for session in sessions]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows]
    lines.insert(1, "  ".join("─" * width for width in widths))
    return "\n".join(line.rstrip() for line in lines)


def render_line(verdicts: Mapping[str, Mapping[str, Any]]) -> str:
    """Return all verdicts as one line of JSON."""
    return json.dumps(verdicts)


def _row(session: Session, verdict: Mapping[str, Any]) -> tuple[str, ...]:
    radius_km = verdict.get("confidenceRadiusKm")
    return (
        session.name,
        session.source_ip,
        session.time_zone,
        verdict.get("country", "–"),
        f"{verdict['confidence']:.2f}",
        verdict["alarm"],
        "–" if radius_km is None else f"{radius_km:.0f} km",
    )
