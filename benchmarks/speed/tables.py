"""What the page says about each section: rows of a table, made of windows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from benchmarks.speed.loading import Histogram, Outcome
from benchmarks.speed.programs import RELAYS, SERVICE
from benchmarks.speed.ratios import Estimate, by_round, cost_us, estimate, ratio
from benchmarks.speed.sections.latency import DELAYS_MS, DIRECT, SHARES, lagged, timely
from benchmarks.speed.targets import quantile_us

QUANTILES: Final = (0.5, 0.95, 0.99, 0.999)
PROGRAMS: Final = {program.name: program.title for program in (*RELAYS, SERVICE)}
TITLES: Final[Mapping[str, str]] = {
    **PROGRAMS,
    "direct": "no edge: the stand-in itself",
    "workers-1": "one worker, 48 connections",
    "workers-2": "two workers, 48 connections",
    "workers-2-96": "two workers, 96 connections",
    "octet-h1": "Octet's edge, HTTP/1.1",
    "octet-h2": "Octet's edge, HTTP/2",
    "go-edge-h1": "edge in Go, HTTP/1.1",
    "go-edge-h2": "edge in Go, HTTP/2",
    "octet-flood-h1": "Octet's edge, HTTP/1.1",
    "octet-flood-h2": "Octet's edge, HTTP/2, reset",
    "go-edge-flood-h1": "edge in Go, HTTP/1.1",
    "go-edge-flood-h2": "edge in Go, HTTP/2, reset",
    "service": "memory",
    "service-redis": "Redis",
    "service-redis-disk": "Redis, on disk",
    "open": "none asked",
    "remembered": "one, remembered",
    "verified": "always another one",
}


def title(name: str) -> str:
    """Return what the page calls a program."""
    return TITLES.get(name, name)


def names(outcomes: Sequence[Outcome]) -> list[str]:
    """Return the programs, in the order of their first window."""
    return list(dict.fromkeys(outcome.program for outcome in outcomes))


def costs(outcomes: Sequence[Outcome]) -> list[str]:
    """Tell the processor time of each program, and how it stands to the first one's."""
    stores = any(o.beside_seconds for o in outcomes)
    head = ["", "server's µs each", "95 %", "a second a core", "cost × the first", "95 %"]
    rows = _head([*head, *(["store's µs each"] if stores else []), "windows"])
    everyone = names(outcomes)
    for name in everyone:
        good = list(by_round(outcomes, name).values())
        if not good:
            rows.append(_row([title(name), "failed"], len(head) + stores + 1))
            continue
        cost = estimate([cost_us(o) for o in good])
        beside = ratio(outcomes, name, everyone[0])
        cells = [title(name), number(cost.middle), interval(cost), number(1e6 / cost.middle)]
        cells += [number(beside.middle), interval(beside)] if beside else ["", ""]
        if stores:
            cells.append(number(estimate([_store_us(o) for o in good]).middle))
        rows.append(_row([*cells, str(len(good))]))
    return rows


def latency(outcomes: Sequence[Outcome]) -> list[str]:
    """Tell the quantiles, a table an upstream delay; late windows count only where all are."""
    rows = []
    for delay_ms in DELAYS_MS:
        rows += ["", f"The service takes {delay_ms} ms:", ""]
        rows += _head(
            ["load", "", "asked a second", "core busy", "p50", "p95", "p99", "p99.9 ms",
             "added p50", "added p99 ms", "load's lag p99 ms", "late windows"]
        )  # fmt: skip
        for share in SHARES:
            here = [
                o
                for o in outcomes
                if o.setting["delayMs"] == delay_ms and o.setting["share"] == share
            ]
            rows += [_paced(here, name, share) for name in names(here)]
    return rows[1:]


def idle(outcomes: Sequence[Outcome]) -> list[str]:
    """Tell memory and time of idle connections."""
    rows = _head(["", "connections", "KiB each", "95 %", "opened in s"])
    for name in names(outcomes):
        good = list(by_round(outcomes, name).values())
        if good:
            kib = estimate([o.setting["kibEach"] for o in good])
            seconds = estimate([o.seconds for o in good])
            count = f"{good[0].setting['connections']:,}"
            rows.append(
                _row(
                    [title(name), count, number(kib.middle), interval(kib), number(seconds.middle)]
                )
            )
    return rows


def seconds(outcomes: Sequence[Outcome]) -> list[str]:
    """Tell how long a program took to be there."""
    rows = _head(["", "seconds", "95 %"])
    for name in names(outcomes):
        good = by_round(outcomes, name).values()
        if good:
            taken = estimate([o.seconds for o in good])
            text = PROGRAMS.get(name, name)
            rows.append(_row([text, number(taken.middle), interval(taken)]))
    return rows


def polls(outcomes: Sequence[Outcome]) -> list[str]:
    """Tell what long polls cost that wait, and how soon they are woken."""
    rows = _head(
        ["store", "polls held", "KiB each", "core busy, none woken", "woken p50", "p95", "p99 ms",
         "95 % of p99", "the post alone p50", "p99 ms"]
    )  # fmt: skip
    for name in names(outcomes):
        good = list(by_round(outcomes, name).values())
        if not good:
            rows.append(_row([name, "failed"], 10))
            continue
        woken = {q: _quantile_ms(good, q, lambda o: o.latency) for q in (0.5, 0.95, 0.99)}
        posts = {q: _quantile_ms(good, q, lambda o: o.posts) for q in (0.5, 0.99)}
        held = good[0].setting["polls"]
        rows.append(
            _row([
                title(name.removesuffix(f"-{held}")),
                f"{held:,}",
                number(estimate([o.setting["kibEach"] for o in good]).middle),
                f"{estimate([o.setting['holdShare'] for o in good]).middle:.1%}",
                *(number(value.middle) for value in woken.values()),
                interval(woken[0.99]),
                *(number(value.middle) for value in posts.values()),
            ])
        )  # fmt: skip
    return rows


ENGINE: Final[Mapping[str, str]] = {
    "verdictAloneMs": "a verdict, alone",
    "verdictInBatchOf64Ms": "a verdict, in a batch of 64",
    "verdictInFirstBatchesMs": "the same, of the first batches but one",
    "fullSumMs": "the same sum, not factored, its evidence given",
    "loopOverHypothesesMs": "the same sum, hypothesis by hypothesis",
}


def engine(outcomes: Sequence[Outcome]) -> list[str]:
    """Tell what a verdict costs without a socket, and what the engine costs before the first."""
    rows = _head(["", "p50", "p95", "p99 ms", "95 % of p50", "processes"])
    good = list(by_round(outcomes, "engine").values())
    if not good:
        return [*rows, _row(["failed"], 6)]
    for name, text in ENGINE.items():
        cells = [
            estimate([o.setting[name][quantile] for o in good])
            for quantile in ("p50", "p95", "p99")
        ]
        told = [number(cell.middle) for cell in cells]
        rows.append(_row([text, *told, interval(cells[0]), str(len(good))]))
    start_s, peak_mib = (
        estimate([o.setting["startUp"][name] for o in good]).middle
        for name in ("readyCpuS", "peakMiB")
    )
    need = f"{number(start_s)} s of processor time, and has needed at most {number(peak_mib)} MiB"
    return [*rows, "", f"A fresh process is ready after {need} once it has judged a batch of 64."]


def number(value: float) -> str:
    """Three significant digits, and no exponent."""
    if value >= 100:  # noqa: PLR2004 - three digits
        return f"{value:,.0f}"
    return f"{value:.3g}"


def interval(value: Estimate) -> str:
    """Both ends of an interval."""
    return f"{number(value.low)} – {number(value.high)}"


def _paced(here: Sequence[Outcome], name: str, share: float) -> str:
    good = list(by_round(here, name).values())
    if not good:
        return _row([f"{share:.0%}", title(name), "failed"], 12)
    chosen = timely(good)
    times = [estimate([quantile_us(o, q) / 1000 for o in chosen]).middle for q in QUANTILES]
    added = ["", ""] if name == DIRECT else [_added(here, name, q) for q in (0.5, 0.99)]
    lag_ms = estimate([o.lag.quantile_us(0.99) / 1000 for o in good if o.lag]).middle
    busy = estimate([o.processor_seconds / o.seconds for o in chosen]).middle
    return _row([
        f"{share:.0%}",
        title(name),
        number(estimate([o.setting["rate"] for o in good]).middle),
        f"{busy:.0%}",
        *map(number, times),
        *added,
        number(lag_ms),
        f"{sum(map(lagged, good))} of {len(good)}",
    ])  # fmt: skip


def _added(here: Sequence[Outcome], name: str, quantile: float) -> str:
    """Return what *name* adds to the upstream alone, round by round."""
    ours, theirs = by_round(here, name), by_round(here, DIRECT)
    both = ours.keys() & theirs.keys()
    if not both:
        return ""
    added_us = [quantile_us(ours[r], quantile) - quantile_us(theirs[r], quantile) for r in both]
    return number(max(0.0, estimate(added_us).middle / 1000))


def _quantile_ms(
    outcomes: Sequence[Outcome], quantile: float, of: Callable[[Outcome], Histogram | None]
) -> Estimate:
    times = [found for o in outcomes if (found := of(o)) is not None]
    return estimate([found.quantile_us(quantile) / 1000 for found in times])


def _store_us(outcome: Outcome) -> float:
    each: int = outcome.setting.get("each", 1)
    return outcome.beside_seconds / outcome.done / each * 1e6


def _head(cells: Sequence[str]) -> list[str]:
    return [_row(cells), "|" + "---|" * len(cells)]


def _row(cells: Sequence[str], width: int = 0) -> str:
    padded = [*cells, *[""] * (width - len(cells))]
    return f"| {' | '.join(padded)} |"
