"""An explanation as aligned text, at most 100 columns."""

import datetime as dt
from collections.abc import Iterator, Sequence

from octet.schema.verdict import Verdict
from octet.service.explain.explanation import Explanation, Share, Weight

BAR = 24
SIDE = 10
"""Cells of a bar to each side of its middle."""
FULL_NATS = 8.0
"""What fills a side; more is cut off, the number tells."""
SHOWN = 8
LEAST_SHOWN = 0.0005
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def render_terminal(told: Explanation) -> str:
    """Return the explanation as lines."""
    parts = (_head, _posterior, _evidence, _without, _missing, _facts)
    return "\n".join("\n".join(part(told)) + "\n" for part in parts)


def describe(verdict: Verdict) -> str:
    """Return a verdict in one line."""
    said = f"{verdict.country or 'no country'}  {verdict.confidence:.2f}  alarm {verdict.alarm}"
    if verdict.estimated_location is None:
        return said
    place = verdict.estimated_location
    return f"{said}  within {verdict.confidence_radius_km:,.0f} km of {place.lat}, {place.lon}"


def bar(share: float, cells: int = BAR) -> str:
    """Return a bar that is *share* of *cells* long, in eighths, with blanks to its full length."""
    eighths = round(min(max(share, 0.0), 1.0) * cells * 8)
    whole, part = divmod(eighths, 8)
    return ("█" * whole + (_EIGHTHS[part] if part else "")).ljust(cells)


def two_sided(nats: float) -> str:
    """Return a bar to the right of its middle for more than nothing, to the left for less."""
    cells = round(min(abs(nats) / FULL_NATS, 1.0) * SIDE)
    left, right = ("", "█" * cells) if nats >= 0 else ("█" * cells, "")
    return f"{left:>{SIDE}}│{right:<{SIDE}}"


def signed(nats: float) -> str:
    """Return a weight with its sign and two digits; what rounds to nothing is not negative."""
    return f"{round(nats, 2) + 0.0:+.2f}"


def received(told: Explanation) -> str:
    """Return when the edge had the report, UTC."""
    at = dt.datetime.fromtimestamp(told.received_at_ms / 1000, tz=dt.UTC)
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _head(told: Explanation) -> Iterator[str]:
    yield f"session   {told.session_ref or 'without a reference'}   envelope {told.id}"
    yield f"received  {received(told)} by edge {told.edge}, mode {told.mode}; tables {told.atlas}"
    yield ""
    yield f"VERDICT   {describe(told.verdict)}"
    vertices = told.verdict.feasible_region
    if vertices is not None:
        yield f"          with a feasible region of {len(vertices)} vertices"
    yield f"          suspicion {told.suspicion:.4f}"


def _posterior(told: Explanation) -> Iterator[str]:
    axes = (
        ("COUNTRY", told.countries),
        ("TRANSPORT", told.transports),
        ("ENVIRONMENT", told.environments),
        ("EXIT", told.exits),
    )
    for name, shares in axes:
        yield name
        yield from _shares(shares)


def _shares(shares: Sequence[Share]) -> Iterator[str]:
    shown = [share for share in shares if share.probability >= LEAST_SHOWN][:SHOWN]
    for share in shown:
        yield f"  {share.name:<12} {share.probability:8.2%}  {bar(share.probability)}".rstrip()
    rest = sum(share.probability for share in shares[len(shown) :])
    if rest >= LEAST_SHOWN:
        yield f"  {'others':<12} {rest:8.2%}  {bar(rest)}".rstrip()


def _evidence(told: Explanation) -> Iterator[str]:
    yield f"EVIDENCE in nats, folded in from top to bottom: for {told.country}, and for an alarm"
    yield f"  {'':<14}{'for ' + told.country:>28}   {'for an alarm':>28}   {'alone':>14}"
    yield _row("prior", told.prior)
    for family in told.families:
        country, alarm = map(signed, (family.alone.country_nats, family.alone.suspicion_nats))
        alone = f"{country:>7}{alarm:>7}"
        yield f"{_row(family.name, family.adds)}   {alone}"
    yield _row("posterior", told.posterior)


def _row(name: str, weight: Weight) -> str:
    country, alarm = weight.country_nats, weight.suspicion_nats
    sides = (f"{signed(nats):>7}{two_sided(nats)}" for nats in (country, alarm))
    return f"  {name:<14}{'   '.join(sides)}"


def _without(told: Explanation) -> Iterator[str]:
    yield "WITHOUT ONE THING: what it contributes in nats, and the verdict that would be"
    yield f"    {'':<16} {'for ' + told.country:>8} {'alarm':>8}"
    for one in told.without:
        mark = "→" if one.changes else " "
        lost = f"{signed(one.lost.country_nats):>8} {signed(one.lost.suspicion_nats):>8}"
        verdict = one.verdict
        said = f"{verdict.country or '–':<3} {verdict.confidence:.2f}  {verdict.alarm}"
        yield f"  {mark} {one.name:<16} {lost}   {said}"


def _missing(told: Explanation) -> Iterator[str]:
    yield "MISSING"
    for one in told.missing:
        yield f"  {one.name:<16} {one.reason:<16} {one.meaning}".rstrip()
    if not told.missing:
        yield "  nothing"


def _facts(told: Explanation) -> Iterator[str]:
    yield "READ FROM THE ENVELOPE"
    for name, value in told.facts:
        yield f"  {name:<20} {value[:76]}"
    for mark in told.landmarks:
        times = [f"kernel {mark.kernel_ms:.1f} ms"] if mark.kernel_ms is not None else []
        times += [f"browser {mark.app_ms:.1f} ms"] if mark.app_ms is not None else []
        place = f"{mark.place.lat}, {mark.place.lon}"
        yield f"  {'landmark':<20} {place}: {', '.join(times)}; within {mark.reach_km:,.0f} km"
