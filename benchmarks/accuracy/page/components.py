"""The engine's parts on real data: votes, delays, composed legs, stack fingerprints."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from benchmarks.accuracy.components import pictures
from benchmarks.accuracy.page.kept import Kept
from benchmarks.accuracy.page.words import interval, percent

HEADING: Final = "## Components on real data\n\n"
ABSENT: Final = "The data are not there: not measured in this run.\n"

INTRODUCTION: Final = """**Measured**: round trips, exits and programs are real; nothing on this section is a session, and each
part of the engine is alone. The data lie outside the repository, and what is not there is not
measured. Intervals are bootstraps of 95 % over nodes, countries or networks, never over pairs.
"""

PUBLISHED_TOP_ONE: Final = {"1": ".11", "3": ".42", "8": ".45"}


def section(kept: Kept) -> str:
    """Return what ``accuracy-components.json`` says."""
    return kept.section("accuracy-components", HEADING, partial(_told, kept))


def _told(kept: Kept, numbers: Mapping[str, Any], e: Mapping[str, Any]) -> str:
    if numbers["gaps"]:
        pictures.gaps(numbers["gaps"], kept.picture("gaps.svg"))
    if numbers["delays"]:
        pictures.delays(numbers["delays"], kept.picture("delays.svg"))
    quick = "a quick run, which shows only that everything works; " if e["quick"] else ""
    return "\n".join(
        [
            INTRODUCTION,
            "### Addresses: the exits of one VPN provider\n",
            _votes(numbers["votes"]) if numbers["votes"] else ABSENT,
            "### Delays: pings between servers\n",
            _delays(numbers["delays"], numbers["fittedOn"]) if numbers["delays"] else ABSENT,
            "### The gap between layers, composed of measured legs\n",
            _gaps(numbers["gaps"]) if numbers["gaps"] else ABSENT,
            "### Stack fingerprints of real programs\n",
            _stacks(numbers["stacks"]) if numbers["stacks"] else ABSENT,
            f"<sub>{quick}{e['at']}; seed {e['seed']}; tables {e['atlas']}</sub>\n",
        ]
    )


def _votes(votes: Mapping[str, Any]) -> str:
    lists, types = votes["lists"], votes["types"]
    rows = [
        f"{votes['exits']} exits in {votes['networks']} networks and {votes['hosts']} countries, by what",
        "they are taken for. *In sample*: how often a database is right about tunnels, and how many exits",
        "only pretend, the engine has from this very sample; on another provider's exits it may do worse.",
        "",
        "| who | exits | names the host's country | 95 % | names the advertised country |",
        "|---|---|---|---|---|",
    ]
    rows += [
        f"| {one['who']} | {one['count']} {one['exits']} | {percent(one['host']['value'])} | "
        f"{interval(one['host'])} | {percent(one['advertised']['value'])} |"
        for one in votes["rows"]
    ]
    parts = ", ".join(
        f"{percent(one['value'])} ({interval(one)}) of those {kind}"
        for kind, one in votes["disagree"].items()
    )
    hosting = types["hosting"]
    found, other = lists["recall"], lists["kinds"]["other"]
    return "\n".join(
        [
            *rows,
            "",
            f"The databases disagree about {parts} (published: 73 %, 98 %; 12 % of homes).",
            "",
            f"The rule on names takes {percent(hosting['value'])} ({interval(hosting)}) of the exits for hosting,",
            f"{percent(types['access']['value'])} for homes; {percent(votes['onLists']['value'])} are on one of two public lists of hosts and",
            f"VPNs. Of the {lists['inTables']} systems on the lists that the tables know it finds {percent(found['value'])} ({interval(found)}) and",
            f"calls {percent(other)} neither homes nor hosts; of the {lists['hosting']:,} that it calls hosting {percent(lists['precision']['value'])} are on",
            "the lists, which name few of the world's hosts. The lists were looked at and not fitted to.",
            "",
        ]
    )


def _delays(delays: Mapping[str, Any], fitted: Mapping[str, Any] | None) -> str:
    rows = [
        f"{delays['nodes']} servers in {delays['countries']} countries, {delays['pairs']:,} pairs (WonderNetwork 2018, without those",
        "of suspect location): a server is the visitor, others, drawn, are the edges, and every country of",
        "the data is claimed. *Light* rules a claim out when no place of the country is within 100 km a",
        "millisecond of every edge; the engine's delay family when it fits worse by a threshold that",
        "refuses 1 % of the true claims of the other half of the countries. Servers have no last mile, and",
        "the family expects one: it is made for visitors.",
        "",
        "| edges | false claims ruled out by light | true ones | false ruled out by the engine | true ones | truth in the region | top-1 among all countries | among the data's | with the engine's prior | published top-1 |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for count, one in delays["byLandmarks"].items():
        cells = [
            f"{percent(one[test][claims]['value'])} ({interval(one[test][claims])})"
            for test in ("light", "engine")
            for claims in ("false", "true")
        ]
        tops = [
            f"{one[name]['value']:.2f}" for name in ("topOne", "topOneAmongData", "topOneWithPrior")
        ]
        rows.append(
            f"| {count} | {' | '.join(cells)} | {percent(one['holdsTruth']['value'])} | {' | '.join(tops)} | "
            f"{PUBLISHED_TOP_ONE.get(count, '')} |"
        )
    rows += [
        "",
        "Published: light rules out 25–30 % of false claims with one edge, 53–63 % with three. A true claim",
        "that light rules out is one whose country has no representative point near enough.",
        "",
        "How often a bound rules out where a server really is, of pairs; the engine uses 200 km/ms and 25 km:",
        "",
        "| km a millisecond, one way | pairs | 95 % | with 25 km of slack | servers that one edge or more rules out |",
        "|---|---|---|---|---|",
    ]
    rows += [
        f"| {one['kmPerMs']} | {percent(one['pairs']['value'])} | {interval(one['pairs'])} | "
        f"{percent(one['pairsWithSlack']['value'])} | {percent(one['nodesWithSlack'])} |"
        for one in delays["speeds"]
    ]
    return "\n".join([*rows, "", _residuals(delays["residuals"], fitted), _PICTURE])


_PICTURE: Final = "![claims ruled out](accuracy/delays.svg)\n"


def _residuals(tested: Mapping[str, Any], fitted: Mapping[str, Any] | None) -> str:
    told = [("WonderNetwork, out of sample", tested)]
    if fitted is not None:
        told.insert(0, ("Azure, **fitted on it**", fitted))
    rows = [
        "The shipped base delay was fitted on the Azure matrix, so only WonderNetwork tests it: ln(measured /",
        "base),",
        "",
        "| matrix | pairs | 5 % | median | 95 % | standard deviation |",
        "|---|---|---|---|---|---|",
    ]
    rows += [
        f"| {name} | {one['pairs']:,} | {one['quantiles']['0.05']:+.2f} | {one['quantiles']['0.5']:+.2f} | "
        f"{one['quantiles']['0.95']:+.2f} | {one['spread']:.2f} |"
        for name, one in told
    ]
    return "\n".join([*rows, ""])


def _gaps(gaps: Mapping[str, Any]) -> str:
    first = next(iter(gaps.values()))
    noise = first["noise"]
    rows = [
        "A proxy at one node, a user at another: the kernel sees edge to proxy, the application that and",
        "proxy to user, so Δ is that leg and a browser's noise. The legs are pings between servers (a user's",
        f"last mile comes on top), the noise is that of {noise['visits']} visits without a proxy: median {noise['median']:.2f} ms, 99 % below",
        f"{noise['p99']:.1f}, at most {noise['most']:.1f}. So few visits cannot set a threshold for 0.1 %: there the largest stands in,",
        "and the share of false alarms is known to be below the bound given. Busy pages and carriers that",
        "end TCP are not in it. Published: cross-border below 10 ms 0.6 %, below 20 ms 2.6 %, median 153 ms.",
        "",
        "| legs | pairs | below 10 ms | below 20 ms | median | false alarms wanted | threshold | found |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, one in gaps.items():
        for group, told in one["groups"].items():
            rows += [
                _gap(f"{name}, {group}", told, alarms, found)
                for alarms, found in told["detection"].items()
            ]
    clears = ", ".join(f"{one['deltaMs']:g} ms {one['nats']:+.1f}" for one in first["engine"])
    return "\n".join(
        [
            *rows,
            "",
            "The engine's own family weighs a proxy against a direct path, in nats, for a user in the proxy's",
            f"country (Germany): {clears}.",
            "",
            "![gaps](accuracy/gaps.svg)",
            "",
        ]
    )


def _gap(name: str, told: Mapping[str, Any], alarms: str, found: Mapping[str, Any]) -> str:
    below = [
        f"{percent(told['below'][ms]['value'])} ({interval(told['below'][ms])})"
        for ms in ("10.0", "20.0")
    ]
    return (
        f"| {name} | {told['pairs']:,} | {' | '.join(below)} | {told['medianMs']['value']:.0f} ms | "
        f"{percent(float(alarms))}, bound {percent(found['bound'])} | {found['ms']:.1f} ms | "
        f"{percent(found['detected']['value'])} ({interval(found['detected'])}) |"
    )


def _stacks(stacks: Mapping[str, Any]) -> str:
    programs = "; ".join(_short(text) for text in stacks["programs"].values())
    rows = [
        "What real programs sent to the installed edge over TLS on loopback, and what the parsers take it",
        "for; – is no opinion, *other* is nobody's. JA4 is tested against four vectors published by others",
        "(`tests/service/engine/stack/test_client_hello.py`). **All ran on one Linux**: Windows, macOS,",
        "Android, iOS and Safari are only in made-up samples, and how often real ones are recognised is",
        "not known. The MSS is loopback's.",
        "",
        "| program | claims | TLS | HTTP/2 | headers | SYN | MSS | JA4 |",
        "|---|---|---|---|---|---|---|---|",
    ]
    rows += [
        f"| {one['name']} | {_or_dash(one['claimed'])} | {_or_dash(one['tls'])} | {_or_dash(one['h2'])} | "
        f"{_or_dash(one['headers'])} | {one['system']} | {one['mss']} | `{one['ja4']}` |"
        for one in stacks["rows"]
    ]
    return "\n".join(
        [
            *rows,
            "",
            _sum_up(stacks["rows"]),
            "",
            f"<sub>{stacks['at']}; {programs}; Linux {stacks['kernel']}</sub>",
            "",
        ]
    )


def _sum_up(rows: Sequence[Mapping[str, Any]]) -> str:
    browsers = [one for one in rows if one["claimed"]]
    right = sum(
        all(one[part] in {None, one["claimed"]} for part in ("tls", "h2", "headers"))
        and one["tls"] == one["claimed"]
        for one in browsers
    )
    others = [one for one in rows if not one["claimed"]]
    taken = sum(
        one[part] in {"blink", "gecko", "webkit"}
        for one in others
        for part in ("tls", "h2", "headers")
    )
    return (
        f"{right} of {len(browsers)} visits of browsers are recognised by TLS and contradicted by nothing; "
        f"of the {len(others)} other connections {taken} layers are taken for a browser's."
    )


def _or_dash(text: str | None) -> str:
    return text or "–"


def _short(text: str) -> str:
    """Return the beginning of what a program says of itself."""
    return " ".join(text.split()[:3])
