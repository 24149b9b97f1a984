"""An explanation as one page that needs nothing from elsewhere, neither script nor picture.

Its policy forbids the browser to fetch anything, should a signal ever get past the escaping.
"""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from octet.service.atlas import Atlas
from octet.service.explain.explanation import Explanation, Share, Weight
from octet.service.explain.terminal import FULL_NATS, received, signed
from octet.service.explain.world_map import legend, render_map

STYLE = Path(__file__).with_name("page.css")
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
DB_IP = "https://db-ip.com"
"""A page that shows results of DB-IP's table must link back (NOTICE)."""
SHOWN = 6
LEAST_SHOWN = 0.0005


def render_page(told: Explanation, atlas: Atlas) -> str:
    """Return the page, HTML."""
    title = f"{told.country} {told.session_ref or told.id}"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>
{STYLE.read_text(encoding="utf-8")}</style>
</head>
<body>
<main>
{_head(told)}
<section class="wide">
{render_map(told, atlas)}
{_legend(told)}
</section>
<div class="grid">
{_shares("Country", told.countries)}
{_shares("Transport", told.transports)}
{_shares("Environment", told.environments)}
{_shares("Exit", told.exits)}
</div>
{_evidence(told)}
{_without(told)}
<div class="grid">
{_facts(told)}
{_missing(told)}
</div>
<footer>For the operator alone: this page holds a visitor's address and signals.
<a href="{DB_IP}">IP Geolocation by DB-IP</a>, among others; outlines: Natural Earth.</footer>
</main>
</body>
</html>
"""


def _head(told: Explanation) -> str:
    verdict = told.verdict
    facts = [("confidence", f"{verdict.confidence:.2f}"), ("suspicion", f"{told.suspicion:.4f}")]
    if verdict.estimated_location is not None:
        place = verdict.estimated_location
        facts.append(("estimated point", f"{place.lat:.2f}, {place.lon:.2f}"))
        facts.append(("radius", f"{verdict.confidence_radius_km:,.0f} km"))
    listed = "".join(f"<div><dt>{n}</dt><dd>{escape(v)}</dd></div>" for n, v in facts)
    alarm = f'<span class="alarm {verdict.alarm}">alarm {verdict.alarm}</span>'
    named = escape(verdict.country or "No country")
    meta = " · ".join(
        (
            told.session_ref or "no reference",
            f"envelope {told.id}",
            f"edge {told.edge}",
            received(told),
            f"mode {told.mode}",
            f"tables {told.atlas}",
        )
    )
    return f"""<header><h1>{named}</h1>{alarm}<dl>{listed}</dl></header>
<p class="meta">{escape(meta)}</p>"""


def _legend(told: Explanation) -> str:
    shapes = {
        "point": '<circle class="point" cx="9" cy="7" r="5"/>',
        "edge": '<rect class="edge" x="4" y="2" width="10" height="10"/>',
        "reach": '<path class="reach" d="M0 7H18"/>',
    }
    items = (
        f'<li><svg viewBox="0 0 18 14" aria-hidden="true">'
        f"{shapes.get(kind, _swatch(kind))}</svg>{escape(text)}</li>"
        for kind, text in legend(told)
    )
    return f'<ul class="legend">{"".join(items)}</ul>'


def _swatch(kind: str) -> str:
    return f'<rect class="{kind}" x="1" y="1" width="16" height="12" rx="2"/>'


def _shares(name: str, shares: Sequence[Share]) -> str:
    shown = [share for share in shares if share.probability >= LEAST_SHOWN][:SHOWN]
    rest = sum(share.probability for share in shares[len(shown) :])
    told = [*shown, Share("others", rest)] if rest >= LEAST_SHOWN else shown
    rows = "".join(
        f'<div class="share"><span>{escape(share.name)}</span><span class="track">'
        f'<i style="width:{share.probability:.2%}"></i></span>'
        f"<span>{share.probability:.2%}</span></div>"
        for share in told
    )
    return f"<section><h2>{name}</h2>{rows}</section>"


def _evidence(told: Explanation) -> str:
    head = (
        ("Family", ""),
        (f"for {told.country}", "num"),
        ("", ""),
        ("for an alarm", "num"),
        ("", ""),
        (f"alone: {told.country}", "num"),
        ("alone: alarm", "num"),
    )
    rows = [_weight_row("prior", "", told.prior, None)]
    rows += [_weight_row(one.name, one.group, one.adds, one.alone) for one in told.families]
    rows.append(_weight_row("posterior", "sum", told.posterior, None))
    return f"""<section><h2>Evidence, nats</h2>
<p class="note">Folded in from top to bottom: prior and families sum to the posterior. Alone: what
is lost when that family is left out. Bars end at {FULL_NATS:.0f} nats.</p>
{_table(head, rows)}</section>"""


def _weight_row(name: str, group: str, adds: Weight, alone: Weight | None) -> str:
    sum_of_all = ' class="sum"' if group == "sum" else ""
    of = f' <span class="faint">{escape(group)}</span>' if group not in ("", "sum", name) else ""
    lost = ("", "") if alone is None else (_nats(alone.country_nats), _nats(alone.suspicion_nats))
    return (
        f"<tr{sum_of_all}><td>{escape(name)}{of}</td>"
        f"{_country_cells(adds.country_nats)}{_alarm_cells(adds.suspicion_nats)}"
        f'<td class="num faint">{lost[0]}</td><td class="num faint">{lost[1]}</td></tr>'
    )


def _without(told: Explanation) -> str:
    head = (
        ("Without", ""),
        (f"for {told.country}", "num"),
        ("", ""),
        ("for an alarm", "num"),
        ("", ""),
        ("verdict", ""),
    )
    rows = []
    for one in told.without:
        country, alarm = one.lost.country_nats, one.lost.suspicion_nats
        verdict = one.verdict
        said = f"{verdict.country or 'no country'} {verdict.confidence:.2f}, {verdict.alarm}"
        rows.append(
            f"<tr{' class=other' if one.changes else ''}><td>{escape(one.name)}</td>"
            f"{_country_cells(country)}{_alarm_cells(alarm)}"
            f"<td>{escape(said)}</td></tr>"
        )
    return f"""<section><h2>What would change the mind</h2>
<p class="note">What each thing contributes, nats, and the verdict if it had not been there; bold
where country or alarm would be another.</p>
{_table(head, rows)}</section>"""


def _facts(told: Explanation) -> str:
    rows = [(name, value) for name, value in told.facts]
    for mark in told.landmarks:
        times = [f"kernel {mark.kernel_ms:.1f} ms"] if mark.kernel_ms is not None else []
        times += [f"browser {mark.app_ms:.1f} ms"] if mark.app_ms is not None else []
        place = f"landmark {mark.place.lat:.2f}, {mark.place.lon:.2f}"
        rows.append((place, f"{', '.join(times)}; within {mark.reach_km:,.0f} km"))
    lines = "".join(f"<tr><td>{escape(n)}</td><td>{escape(v)}</td></tr>" for n, v in rows)
    return f'<section><h2>Read from the envelope</h2><table class="facts">{lines}</table></section>'


def _missing(told: Explanation) -> str:
    lines = "".join(
        f'<tr><td>{escape(one.name)}</td><td>{escape(one.reason)}<br><span class="faint">'
        f"{escape(one.meaning)}</span></td></tr>"
        for one in told.missing
    )
    return f"<section><h2>Missing</h2><table>{lines or '<tr><td>nothing'}</table></section>"


def _table(head: Iterable[tuple[str, str]], rows: Iterable[str]) -> str:
    titles = "".join(f'<th class="{kind}">{escape(text)}</th>' for text, kind in head)
    return f"<table><tr>{titles}</tr>{''.join(rows)}</table>"


def _country_cells(nats: float) -> str:
    return f'<td class="num">{_nats(nats)}</td><td>{_sided(nats, "c")}</td>'


def _alarm_cells(nats: float) -> str:
    kind = "a" if nats > 0 else "k"
    return f'<td class="num">{_nats(nats)}</td><td>{_sided(nats, kind)}</td>'


def _nats(value: float) -> str:
    return signed(value).replace("-", "−")


def _sided(nats: float, kind: str) -> str:
    """Return a bar to the right of its middle for more than nothing, to the left for less."""
    wide = min(abs(nats) / FULL_NATS, 1.0) * 50.0
    left = 50.0 if nats >= 0 else 50.0 - wide
    bar = f'<i class="{kind}" style="left:{left:.1f}%;width:{wide:.1f}%"></i>'
    return f'<div class="sided">{bar}</div>'
