"""Which part of a session is real, and which is simulated."""

from typing import Final

from benchmarks.accuracy.page.kept import Kept

MEASURED: Final = """## What is measured, what is simulated

| part of a session | where it is from |
|---|---|
| a browser's own delay (Δ without a proxy) | **measured**: Chromium and Firefox, [channel_noise.md](channel_noise.md); a swept share of busy pages is simulated |
| VPN exits: address, advertised country, host country | {exits} |
| public lists of networks | {lists} |
| addresses of homes, SIMs, hosts and relays | real address space of the engine's own databases; **simulated truth**: for each session one of the databases, drawn, is taken for right, so they err as often as they differ from each other |
| delay of a path, last mile, carriers that end TCP | **simulated**: light in glass times a gamma, a Weibull last mile; the engine's are other families |
| who visits, who travels where, stale clocks, languages | **simulated**: the shares are swept, judgement |
| where people live, their time zone, the languages of a country | public tables, the same that the engine has: wrong tables cannot show here |
| SYN, order of headers, opening of HTTP/2, user agent | **simulated** after real browsers and systems; hosts end TCP where something on the way does |
| ClientHello, voices, locale and other signals | not in the sessions |

Each of the {worlds} worlds draws its own parameters (`benchmarks/accuracy/world.py`). Intervals are
bootstraps of 95 % over worlds **and** networks: sessions through one network, above all through one
exit, resemble each other. Both are drawn again, and a session counts as often as both were; where
nothing hit, the end is the binomial one. Thresholds at a rate are those of the whole run. *Worst
world* is the worst of all of them, of few sessions each, so noisy.
"""


def section(kept: Kept) -> str:
    """Return the table, and how the intervals came about."""
    numbers = kept.numbers()
    if numbers is None:
        return ""
    real = (
        f"**real**: {numbers['exits']} exits of one provider, in {numbers['exitNetworks']} networks"
        if numbers["exits"]
        else ""
    )
    exits = real or "**simulated**: any host's address; the sample of real exits was not there"
    lists = (
        f"**real**: {numbers['listedSystems']} autonomous systems"
        if numbers["listedSystems"]
        else "not there"
    )
    return MEASURED.format(exits=exits, lists=lists, worlds=numbers["worlds"])
