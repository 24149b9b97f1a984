"""The red team: added delay, jitter, replayed receipts, forged posts, helpers near the edge."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from benchmarks.accuracy.page.kept import Kept
from benchmarks.accuracy.page.words import interval, percent
from benchmarks.accuracy.red_team import pictures

HEADING: Final = "## Red team\n\n"
CEILINGS: Final = {"none": "none", "low": "below medium", "high": "any"}
HELD: Final = 0.5
"""A country is named from this confidence on."""

INTRODUCTION: Final = """**Simulated**, but for the receipts: the attackers' paths are drawn as above, their addresses are real
address space, and of VPN exits real ones where the sample is there. Each stands in one country and
wants to be believed in another; both, the edges and the paths are drawn, {searched} times for those
who search and {attacked} times for the attacks below. Whoever searches sees the engine's posterior,
which no customer does, so these are upper bounds of what probing finds: random attempts, then one
member of the post after another set to whatever serves best, {attempts:,} attempts in all. Forged
may be zone, offsets, languages, conventions, clock, user agent, link, the number of volleys and
edges; delays may be added at every edge by itself and never make anything faster than its path.
"""

DESKTOP: Final = """**A browser that really runs in the claimed country (a cloud desktop, a machine lent by somebody there)
cannot be told from one that belongs there.** The last attack is its twin: a program in a home there
that answers by itself. What is left against it is the address, where that is a host's.
"""


def section(kept: Kept) -> str:
    """Return what ``accuracy-red-team.json`` says."""
    return kept.section("accuracy-red-team", HEADING, partial(_told, kept))


def _told(kept: Kept, numbers: Mapping[str, Any], e: Mapping[str, Any]) -> str:
    capabilities, attacks = numbers["capabilities"], numbers["attacks"]
    pictures.reached(capabilities, kept.picture("red_team_reached.svg"))
    pictures.outcomes(attacks, kept.picture("red_team_outcomes.svg"))
    parts = [
        INTRODUCTION.format(
            searched=numbers["searched"],
            attacked=max(one["count"] for one in attacks),
            attempts=numbers["attempts"],
        ),
        _claim(capabilities),
        _searches(capabilities),
        "![what attackers reached](accuracy/red_team_reached.svg)\n",
        _attacks(attacks),
        "![what attacks came to](accuracy/red_team_outcomes.svg)\n",
        DESKTOP,
        _receipts(numbers["receipts"]),
    ]
    quick = "a quick run, which shows only that everything works; " if e["quick"] else ""
    where = f"<sub>{quick}{e['at']}; seed {e['seed']}; tables {e['atlas']}</sub>\n"
    return "\n".join([*parts, where])


def _claim(capabilities: Sequence[Mapping[str, Any]]) -> str:
    """Say what became of the claim that delay buys alarm or silence, never a chosen country."""
    by_name = {one["capability"]: one["ceilings"]["low"] for one in capabilities}
    alone = by_name["delays alone, nothing forged"]
    without = by_name["page, no proxy's header"]
    added = by_name["page + delays, no proxy's header"]
    bought = any(
        added[part]["value"] > without[part]["value"] for part in ("named", "sure", "median")
    )
    fate = "**does not hold**" if bought or alone["most"] >= HELD else "held"
    return f"""*Delay can be added and never removed, so it buys alarm or silence and not a chosen country*: this
claim {fate}. Delays alone, on an honest page, {_reach(alone)}.
With a forged page at home, and an alarm below medium, the chosen country was named in {percent(without["named"]["value"])} of the
situations without added delay (median confidence {without["median"]["value"]:.2f}) and in {percent(added["named"]["value"])} with it (median {added["median"]["value"]:.2f}).

The disguise is a roamer's: an address at home, the clock of the country claimed, and the long way of
packets that a SIM abroad takes. Real roamers look exactly so, and what an engine says of them it
says of whoever dresses up as one.
"""


def _reach(alone: Mapping[str, Any]) -> str:
    if alone["most"] < HELD:
        return "never made the engine name the chosen country"
    return f"made it name the chosen country with {alone['most']:.2f}"


def _searches(capabilities: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        "Confidence reached in the chosen false country, median and most of the situations, by the alarm",
        "that the attacker puts up with; 0 is: not named. *Named* and *above 0.9* are shares of situations",
        "with an alarm below medium. *By* is what half or more of the moves that were named use.",
        "",
        f"| attacker | {' | '.join(f'alarm {name}' for name in CEILINGS.values())} | named, 95 % | above 0.9 | by |",
        f"|---|{'---|' * (len(CEILINGS) + 3)}",
    ]
    for one in capabilities:
        cells = [
            f"{one['ceilings'][name]['median']['value']:.2f} / {one['ceilings'][name]['most']:.2f}"
            for name in CEILINGS
        ]
        quiet = one["ceilings"]["low"]
        named = f"{percent(quiet['named']['value'])} ({interval(quiet['named'])})"
        uses = [f"{what} {share:.0%}" for what, share in one["uses"].items() if share >= HELD]
        rows.append(
            f"| {one['capability']} | {' | '.join(cells)} | {named} | "
            f"{percent(quiet['sure']['value'])} | {', '.join(uses)} |"
        )
    return "\n".join([*rows, ""])


def _attacks(attacks: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        "Attacks as people make them, the same in every situation. Only the fastest volley counts, so jitter",
        "changes nothing where it leaves one alone, and is a delay on pongs where it leaves none.",
        "",
        "| attack | true country | silent | chosen country | the same, alarm below medium | above 0.9 | alarm ≥ low | ≥ medium | high |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    rows += [
        f"| {one['attack']} | "
        + " | ".join(
            percent(one[name]["value"])
            for name in (
                "true",
                "silent",
                "claimed",
                "claimedQuietly",
                "claimedSurelyQuietly",
                "low",
                "medium",
                "high",
            )
        )
        + " |"
        for one in attacks
    ]
    return "\n".join([*rows, ""])


def _receipts(replays: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        "Receipts, **real**: the installed edge, channels played over sockets on loopback. The old one, and",
        "that from another address, are sealed with the deployment's own key, which nobody else has. A",
        "receipt counts for 120 s, its reference and its address, and may be carried more than once: that",
        "gives nothing, since only the fastest volley counts.",
        "",
        "| receipt | channels that the edge forwards | reason given | volleys that the engine uses |",
        "|---|---|---|---|",
    ]
    rows += [
        f"| {one['receipt']} | {one['forwarded']} | {one['reason']} | {one['used']} |"
        for one in replays
    ]
    return "\n".join([*rows, ""])
