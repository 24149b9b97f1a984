"""Time zones from the tzdata package: names, aliases, places, offsets, and who lives in them.

A zone that zone.tab lists stands for itself, even where the compiled database merged it into a
neighbour (Amsterdam into Brussels): people set their clocks by country. Every other name is an
alias of the zone that tzdata.zi links it to. Names that say nothing about a place (UTC and its
kin, abbreviations, what privacy browsers report) are kept apart: they are no information.
"""

import datetime as dt
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from importlib.resources import files
from zoneinfo import ZoneInfo

import numpy as np
from attrs import frozen

from octet.service.atlas.container import Array

SAYS_NOTHING = re.compile(
    r"UTC|UCT|Zulu|Universal|Greenwich|GMT([+-]?0)?|Factory|Atlantic/Reykjavik|Iceland"
    r"|[CEMW]ET|[EMH]ST|(CST6C|EST5E|MST7M|PST8P)DT"
)
"""Firefox against fingerprinting reports UTC, in later versions Reykjavik, for everybody. Iceland's
own are therefore known by their address and language alone."""

LISTED_FLOOR = 0.002
"""Share of a country's people that each zone of its own in zone.tab has at least. Ours."""


@frozen
class ZoneSource:
    """What the zone files say."""

    names: list[str]
    """Canonical names, sorted."""
    index: Mapping[str, int]
    """Canonical name to its place in `names`."""
    canonical: Mapping[str, str]
    """Every name, aliases too, to its canonical one; names that say nothing are not in it."""
    places: Mapping[str, Mapping[str, tuple[float, float]]]
    """Country to its zones with latitude and longitude of their principal place, degrees."""


def load_zones() -> ZoneSource:
    """Read zone.tab and tzdata.zi of the installed tzdata package."""
    folder = files("tzdata") / "zoneinfo"
    places: dict[str, dict[str, tuple[float, float]]] = defaultdict(dict)
    for line in (folder / "zone.tab").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            code, place, name = line.split("\t")[:3]
            places[code][name] = _coordinates(place)
    names = sorted({name for zones in places.values() for name in zones})
    canonical = {name: name for name in names}
    for target, alias in _links((folder / "tzdata.zi").read_text(encoding="utf-8")):
        if target in canonical:
            canonical.setdefault(alias, target)
    return ZoneSource(
        names=names,
        index={name: row for row, name in enumerate(names)},
        canonical={
            alias: name for alias, name in canonical.items() if not SAYS_NOTHING.fullmatch(alias)
        },
        places=places,
    )


def zone_shares(
    codes: list[str], people: Iterable[tuple[str, str, float]], zones: ZoneSource
) -> Array:
    """Return P(zone | country) as (C, Z), each row summing to 1.

    Args:
        codes: the countries, in the order of the rows.
        people: (country, canonical zone, population) of each city.
        zones: the zones, in the order of the columns.
    """
    row_of = {code: row for row, code in enumerate(codes)}
    mass = np.zeros((len(codes), len(zones.names)))
    for code, name, population in people:
        if code in row_of and name in zones.index:
            mass[row_of[code], zones.index[name]] += population
    mass /= np.maximum(mass.sum(axis=1, keepdims=True), 1.0)
    for code, row in row_of.items():
        for name in zones.places.get(code, {}):
            mass[row, zones.index[name]] = max(mass[row, zones.index[name]], LISTED_FLOOR)
    return np.asarray(mass / mass.sum(axis=1, keepdims=True))


def zone_offsets(zones: ZoneSource, year: int) -> Array:
    """Return minutes east of UTC on 1 January and 1 July of *year*, (Z, 2) int16."""
    days = [dt.datetime(year, month, 1, 12, tzinfo=dt.UTC) for month in (1, 7)]
    table = np.zeros((len(zones.names), len(days)), np.int16)
    for row, name in enumerate(zones.names):
        with (files("tzdata") / "zoneinfo").joinpath(*name.split("/")).open("rb") as file:
            zone = ZoneInfo.from_file(file)
        for column, day in enumerate(days):
            offset = zone.utcoffset(day.replace(tzinfo=None)) or dt.timedelta()
            table[row, column] = offset // dt.timedelta(minutes=1)
    return table


def _links(text: str) -> list[tuple[str, str]]:
    """Return (target, alias) of each link line, links to links last."""
    pairs = [line.split()[1:3] for line in text.splitlines() if line.startswith("L ")]
    return [(target, alias) for target, alias in pairs]


def _coordinates(text: str) -> tuple[float, float]:
    """Read ISO 6709 ±DDMM±DDDMM or ±DDMMSS±DDDMMSS into degrees."""
    lat, lon = re.findall(r"[+-]\d+", text)
    return _degrees(lat, 2), _degrees(lon, 3)


def _degrees(text: str, width: int) -> float:
    sign, digits = (-1.0 if text[0] == "-" else 1.0), text[1:]
    parts = (digits[:width], digits[width : width + 2], digits[width + 2 :] or "0")
    return sign * math.fsum(int(part) / 60.0**power for power, part in enumerate(parts))
