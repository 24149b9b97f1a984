"""The atlas in memory: the tables that the engine reasons with, mapped from one file."""

import datetime as dt
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Self

import attrs
import numpy as np
from attrs import define, field

from octet.service.atlas import container
from octet.service.atlas.addresses import AddressBook, AddressTable
from octet.service.atlas.container import Array, AtlasError
from octet.service.atlas.operator import OperatorTables

FORMAT = 3
"""Which tables the file holds; `build` writes it, `Atlas.load` refuses another."""


@define(slots=False, eq=False)
class Atlas:
    """Read-only tables; C countries, Z zones, L languages, P representative points a country."""

    date: dt.date
    """Of the oldest address database; the age of the tables counts from here."""
    version: str
    """Names the content: the date and the first digits of its hash."""
    countries: tuple[str, ...]
    """ISO 3166-1 alpha-2, C of them, sorted."""
    population: Array
    """(C,) people."""
    exit_share: Array
    """(C,) share of the world's hosting addresses: how popular a country is as a tunnel's exit."""
    vote_share: Array
    """(D, C) share of the IPv4 space that each database gives each country; the operator's last."""
    distance_km: Array
    """(C, C) mean distance between two people of two countries."""
    point_lat: Array
    """(C, P) degrees north."""
    point_lon: Array
    """(C, P) degrees east."""
    point_weight: Array
    """(C, P) share of the country's people near the point; rows sum to 1."""
    point_zone: Array
    """(C, P) row of the point's time zone, or -1."""
    zones: tuple[str, ...]
    """Z canonical IANA names, sorted."""
    zone_aliases: Mapping[str, str]
    """Every name that tells of a place, to its canonical one."""
    zone_share: Array
    """(C, Z) P(zone | country)."""
    zone_offset_min: Array
    """(Z, 2) minutes east of UTC in January and July of the year of `date`."""
    languages: tuple[str, ...]
    """L keys as ``de`` or ``zh_Hant``, sorted."""
    language_aliases: Mapping[str, str]
    """Old language subtags to the ones in use."""
    language_likely: Mapping[str, tuple[str, str]]
    """``zh-TW`` to its likely script and region."""
    language_share: Array
    """(C, L) P(language of the browser | country), before the engine's floors."""
    hour_cycle: Mapping[str, str]
    """Country code to how it writes time, ``h12`` or ``h23``."""
    calendar: Mapping[str, str]
    """Country code to its usual calendar where that is not ``gregory``."""
    shape_point: Array
    """(N, 2) vertices of the outlines of land, all rings in a row: latitude and longitude in steps
    of 0.01 degrees; for maps."""
    shape_end: Array
    """(R,) where each open ring ends in `shape_point`."""
    shape_country: Array
    """(R,) row of the ring's country, -1 for land of none of them."""
    addresses: AddressBook = field(repr=False)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Map the file that ``python -m octet.service.atlas.build`` wrote.

        Raises:
            AtlasError: there is no such file, or it is of another version.
        """
        meta, arrays = container.read(Path(path))
        if meta.get("format") != FORMAT:
            raise AtlasError(f"{path} is an atlas of another version; build it again")
        try:
            return cls._from_parts(meta, arrays)
        except (KeyError, TypeError, ValueError) as exc:
            raise AtlasError(f"{path} is a damaged atlas; build it again") from exc

    @classmethod
    def _from_parts(cls, meta: Mapping[str, object], arrays: dict[str, Array]) -> Self:
        names: dict[str, list[str]] = meta["names"]  # type: ignore[assignment]
        maps: dict[str, dict[str, str]] = meta["maps"]  # type: ignore[assignment]
        book = AddressBook(
            v4=AddressTable(*(arrays.pop(f"v4_{part}") for part in _TABLE_PARTS)),
            v6=AddressTable(*(arrays.pop(f"v6_{part}") for part in _TABLE_PARTS)),
            as_number=arrays.pop("as_number"),
            as_type=arrays.pop("as_type"),
        )
        as_text = {name: arrays.pop(name) for name in ("as_name_text", "as_name_end")}
        return cls(
            date=dt.date.fromisoformat(str(meta["date"])),
            version=str(meta["version"]),
            countries=tuple(names["countries"]),
            zones=tuple(names["zones"]),
            languages=tuple(names["languages"]),
            zone_aliases=maps["zone_aliases"],
            language_aliases=maps["language_aliases"],
            language_likely={tag: (full[0], full[1]) for tag, full in maps["likely"].items()},
            hour_cycle=maps["hour_cycle"],
            calendar=maps["calendar"],
            addresses=book,
            as_text=as_text,
            **arrays,
        )

    _as_text: dict[str, Array] = field(factory=dict, repr=False)

    def with_operator(self, tables: OperatorTables) -> "Atlas":
        """Return the same tables with the operator's beside them.

        Of an operator's country database nothing is known of how it spreads its wrong votes; it is
        taken for the mean of the atlas's own.
        """
        shares = self.vote_share
        if tables.country is not None:
            shares = np.concatenate([shares, shares.mean(axis=0, keepdims=True)])
        book = attrs.evolve(self.addresses, operator=tables, country_row=self.country_row)
        return attrs.evolve(self, addresses=book, vote_share=shares)

    @cached_property
    def country_row(self) -> dict[str, int]:
        """Country code to its row."""
        return {code: row for row, code in enumerate(self.countries)}

    @cached_property
    def zone_row(self) -> dict[str, int]:
        """Every zone name that tells of a place, aliases too, to its row."""
        row = {name: place for place, name in enumerate(self.zones)}
        return {alias: row[name] for alias, name in self.zone_aliases.items()}

    @cached_property
    def language_row(self) -> dict[str, int]:
        """Language key to its row."""
        return {key: row for row, key in enumerate(self.languages)}

    def as_name(self, number: int) -> str | None:
        """Return the name of an autonomous system, None when the atlas knows no such number."""
        row = int(np.searchsorted(self.addresses.as_number, number))
        if row == len(self.addresses.as_number) or self.addresses.as_number[row] != number:
            return None
        end = self._as_text["as_name_end"]
        text = self._as_text["as_name_text"][int(end[row - 1]) if row else 0 : int(end[row])]
        return text.tobytes().decode()


_TABLE_PARTS = ("first", "country", "system")
