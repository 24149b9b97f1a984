"""The address tables: every database cut at every other's borders, one row a piece.

Each source is a list of disjoint ranges with a value. The union of all borders cuts the address
space into segments on which every source is constant; equal neighbours are joined again. A lookup
is then one binary search for all sources together. IPv6 is kept to its first 64 bits: nothing is
routed, or located, in smaller pieces.
"""

import csv
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

import maxminddb
import numpy as np
from attrs import frozen

from octet.service.atlas.container import Array

COUNTRY_SOURCES = ("geo-whois-asn", "iptoasn", "dbip")
"""In the order of the columns of the artefact and of the confusions in `likelihoods.ip`."""

NO_COUNTRY = 255
V6_SHIFT = 64


@frozen
class Ranges:
    """Disjoint ranges of one family of addresses, rising."""

    first: Array
    """First address of each, uint64; of IPv6 the upper 64 bits."""
    last: Array
    """Last address of each, included."""
    value: Array
    """What the source says of it."""


def country_ranges(path: Path, index: Mapping[str, int]) -> Ranges:
    """Read a country database in MaxMind format; codes outside *index* are left out."""
    rows: list[tuple[int, int, int]] = []
    with maxminddb.open_database(path) as database:
        for network, record in database:
            code = record.get("country_code") if isinstance(record, dict) else None
            value = index.get(str(code))
            if value is not None:
                rows.append((*_ends(network), value))
    return _ranges(rows)


def as_ranges(path: Path, *, v6: bool) -> tuple[Ranges, dict[int, str]]:
    """Read the CSV of autonomous systems: ranges of their numbers, and their names."""
    shift = V6_SHIFT if v6 else 0
    rows: list[tuple[int, int, int]] = []
    names: dict[int, str] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for first, last, number, name in csv.reader(file):
            rows.append((int(first) >> shift, int(last) >> shift, int(number)))
            names.setdefault(int(number), name.strip())
    return _ranges(rows), names


def segments(countries: list[Ranges], systems: Ranges, numbers: Array) -> dict[str, Array]:
    """Cut the address space at every border of every source.

    Args:
        countries: one `Ranges` a source, values below 255.
        systems: values are AS numbers.
        numbers: all AS numbers, rising; rows store positions in it.

    Returns:
        ``first`` (N,) uint64, ``country`` (N, sources) uint8 with 255 for none, and ``system`` (N,)
        uint32 with ``len(numbers)`` for none.
    """
    borders = [np.zeros(1, np.uint64)]
    for source in (*countries, systems):
        borders += [source.first, (source.last + np.uint64(1))[source.last != _MAX]]
    first = np.unique(np.concatenate(borders))
    votes = np.stack([_sample(s, first, NO_COUNTRY) for s in countries], axis=1).astype(np.uint8)
    number = _sample(systems, first, -1)
    system = np.where(number < 0, len(numbers), np.searchsorted(numbers, number)).astype(np.uint32)
    same = np.all(votes[1:] == votes[:-1], axis=1) & (system[1:] == system[:-1])
    keep = np.concatenate([[True], ~same])
    return {"first": first[keep], "country": votes[keep], "system": system[keep]}


def announced(systems: Ranges) -> dict[int, int]:
    """Return how many addresses each AS number announces."""
    sizes: dict[int, int] = {}
    spans = (systems.last - systems.first + np.uint64(1)).tolist()
    for number, span in zip(systems.value.tolist(), spans, strict=True):
        sizes[number] = sizes.get(number, 0) + span
    return sizes


_MAX = np.uint64(2**64 - 1)


def _ends(network: IPv4Network | IPv6Network) -> tuple[int, int]:
    shift = V6_SHIFT if network.version == 6 else 0  # noqa: PLR2004 - the protocol's own number
    return int(network.network_address) >> shift, int(network.broadcast_address) >> shift


def _ranges(rows: list[tuple[int, int, int]]) -> Ranges:
    """Sort; of IPv6 pieces that fall into one /64 the first wins."""
    first, last, value = (np.array(column) for column in _columns(sorted(rows)))
    first, last = first.astype(np.uint64), last.astype(np.uint64)
    keep = np.concatenate([[True], first[1:] > np.maximum.accumulate(last)[:-1]])
    return Ranges(first[keep], last[keep], value[keep].astype(np.int64))


def _columns(rows: list[tuple[int, int, int]]) -> Iterator[Any]:
    return iter(zip(*rows, strict=True)) if rows else iter(((), (), ()))


def _sample(source: Ranges, at: Array, default: int) -> Array:
    """Return the source's value at each address, *default* where it says nothing."""
    if not len(source.first):
        return np.full(len(at), default)
    row = np.searchsorted(source.first, at, side="right") - 1
    inside = (row >= 0) & (at <= source.last[np.maximum(row, 0)])
    return np.where(inside, source.value[np.maximum(row, 0)], default)
