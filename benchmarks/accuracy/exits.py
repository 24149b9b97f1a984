"""Exits of a real VPN provider, and the public lists of networks, where somebody put them.

They are for evaluation and lie outside the repository; without them exits are drawn from hosting
networks, and nothing is said of lists.
"""

import csv
import json
import re
from pathlib import Path
from typing import Final, Self

from attrs import field, frozen

DATA: Final = Path(__file__).parents[3] / "shared/data"


@frozen
class Exit:
    """One exit."""

    address: str
    country: str
    """Where it stands."""
    advertised: str
    """Where it is said to stand, which is what databases often repeat."""


@frozen
class Known:
    """What is there for evaluation."""

    exits: tuple[Exit, ...] = ()
    listed: frozenset[int] = field(factory=frozenset)
    """Autonomous systems on a public list of hosts and VPNs."""

    @classmethod
    def read(cls, directory: Path = DATA) -> Self:
        """Return what lies in *directory*; nothing when it is not there."""
        sample = directory / "vpn_exits_sample.csv"
        if not sample.exists():
            return cls()
        with sample.open(encoding="utf-8", newline="") as file:
            exits = {row["exit_ip"]: _exit(row) for row in csv.DictReader(file)}
        return cls(tuple(exits.values()), _listed(directory))


def _exit(row: dict[str, str]) -> Exit:
    advertised = row["exit_country"].replace("UK", "GB")
    host = row["host_country"].replace("UK", "GB") or advertised
    return Exit(row["exit_ip"], host, advertised)


def _listed(directory: Path) -> frozenset[int]:
    text = (directory / "bountyyfi_bad_asn_list.txt").read_text(encoding="utf-8")
    raw = json.loads((directory / "tn3w_ipset_datacenter_asns.json").read_text(encoding="utf-8"))
    numbers = re.findall(r"^(?:AS)?(\d+)\b", text, re.MULTILINE)
    return frozenset(int(str(n).removeprefix("AS")) for n in [*numbers, *raw])
