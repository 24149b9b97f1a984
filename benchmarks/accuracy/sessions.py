"""Simulated sessions: who visits, from where, through what, and what it looks like."""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Final

import numpy as np
from attrs import frozen

from benchmarks.accuracy.envelopes import Seen, envelope
from benchmarks.accuracy.exits import Exit, Known
from benchmarks.accuracy.paths import Paths, Point
from benchmarks.accuracy.space import Kind, Space
from benchmarks.accuracy.world import World
from octet.schema import Envelope
from octet.service.atlas import Atlas
from octet.service.atlas.container import Array

EDGES: Final[tuple[Point, ...]] = (
    (50.11, 8.68),
    (40.71, -74.0),
    (1.35, 103.8),
    (51.5, -0.1),
    (-23.5, -46.6),
)
"""Frankfurt, New York, Singapore, London, São Paulo."""

MOBILE_CORE_MS: Final = (10.0, 40.0)
IN_HOMES: Final = 0.5
"""Share of proxies that stand in homes."""

DEFAULT_LANGUAGE: Final = "en-US"


class Case(StrEnum):
    """A class of sessions."""

    DIRECT = "direct"
    TRAVELLER = "traveller"
    TRAVELLER_STALE = "traveller, stale clock"
    ROAMING = "roaming"
    VPN_HOME = "VPN, exit in the own country"
    VPN_HONEST = "VPN, honest environment"
    VPN_SPOOFED = "VPN, spoofed environment"
    PROXY_ABROAD = "L4 proxy, cross-border"
    PROXY_HOME = "L4 proxy, same country"
    RELAY = "relay"


@frozen
class Session:
    """One session, and the truth about it."""

    case: Case
    country: str
    """Where the browser is."""
    seen: Seen
    envelope: Envelope


@frozen
class _Path:
    """What a case decides."""

    address: str
    entry: Point
    """What ends TCP, or the exit of a tunnel: where packets towards the edge come from."""
    kernel_ms: float
    """Round trip between that and what answers the kernel."""
    delta_ms: float
    clock: int
    """Country that the clock is set to."""
    speaks: int
    """Country that the languages are of."""


class Simulator:
    """Draws the sessions of one world; the generator is passed in."""

    def __init__(
        self,
        atlas: Atlas,
        space: Space,
        known: Known,
        paths: Paths,
        edges: tuple[Point, ...] = EDGES,
    ) -> None:
        self._atlas, self._space, self._paths, self._edges = atlas, space, paths, edges
        self._world: World = paths.world
        self._rng = paths.rng
        rows = atlas.country_row
        self._exits = [e for e in known.exits if e.country in rows and e.advertised in rows]
        weights = atlas.population**self._world.audience_power
        self._audience = {kind: _shares(weights * space.countries(kind)) for kind in Kind}
        self._number = 0

    def sessions(self, case: Case, count: int) -> Iterator[Session]:
        """Yield *count* sessions of a class."""
        cases: dict[Case, Callable[[int, Point], _Path]] = {
            Case.DIRECT: self._direct,
            Case.TRAVELLER: self._traveller,
            Case.TRAVELLER_STALE: self._stale,
            Case.ROAMING: self._roaming,
            Case.VPN_HOME: self._vpn_home,
            Case.VPN_HONEST: self._vpn,
            Case.VPN_SPOOFED: self._spoofed,
            Case.PROXY_ABROAD: self._proxy_abroad,
            Case.PROXY_HOME: self._proxy_home,
            Case.RELAY: self._relay,
        }
        kind = {Case.RELAY: Kind.RELAY, Case.VPN_HOME: Kind.HOST}.get(case, Kind.HOME)
        for _ in range(count):
            here = self._country(kind)
            point, zone = self._place(here)
            yield self._session(case, here, zone, cases[case](here, point))

    def _session(self, case: Case, here: int, zone: int, path: _Path) -> Session:
        edge = self._edge(path.entry)
        shown = zone if path.clock == here else self._place(path.clock)[1]
        if self._rng.random() < self._world.foreign_clock:
            shown = self._place(self._journey(path.clock))[1]
        january, july = self._atlas.zone_offset_min[shown]
        seen = Seen(
            address=path.address,
            zone=self._atlas.zones[shown],
            offsets_min=(int(january), int(july)),
            languages=self._languages(path.speaks),
            edge=edge,
            kernel_ms=path.kernel_ms + self._paths.between(path.entry, edge),
            delta_ms=path.delta_ms + self._paths.noise(),
        )
        self._number += 1
        country = self._atlas.countries[here]
        return Session(case, country, seen, envelope(seen, self._number))

    def _direct(self, here: int, point: Point) -> _Path:
        return self._at_home(here, point, clock=here, speaks=here)

    def _traveller(self, here: int, point: Point) -> _Path:
        home = self._journey(here)
        stale = self._rng.random() < self._world.stale_zone
        return self._at_home(here, point, clock=home if stale else here, speaks=home)

    def _stale(self, here: int, point: Point) -> _Path:
        home = self._journey(here)
        return self._at_home(here, point, clock=home, speaks=home)

    def _at_home(self, here: int, point: Point, *, clock: int, speaks: int) -> _Path:
        address = self._space.address(Kind.HOME, here, self._rng)
        return _Path(
            address, point, self._paths.last_mile(), self._paths.split(), clock=clock, speaks=speaks
        )

    def _roaming(self, here: int, point: Point) -> _Path:
        home = self._journey(here, Kind.SIM)
        core, _ = self._place(home)
        kernel_ms = self._paths.last_mile() + self._paths.between(point, core)
        kernel_ms += self._rng.uniform(*MOBILE_CORE_MS)
        address = self._space.address(Kind.SIM, home, self._rng)
        return _Path(address, core, kernel_ms, self._paths.split(), clock=here, speaks=home)

    def _vpn_home(self, here: int, point: Point) -> _Path:
        code = self._atlas.countries[here]
        known = [e for e in self._exits if code == e.country == e.advertised]
        if known:
            exit_ = known[int(self._rng.integers(len(known)))]
        else:
            exit_ = Exit(self._space.address(Kind.HOST, here, self._rng), code, code)
        return self._tunnel(point, exit_, clock=here, speaks=here)

    def _vpn(self, here: int, point: Point) -> _Path:
        exit_ = self._exit(here)
        return self._tunnel(point, exit_, clock=here, speaks=here)

    def _spoofed(self, here: int, point: Point) -> _Path:
        exit_ = self._exit(here)
        shown = self._atlas.country_row[exit_.advertised]
        thorough = self._rng.random() < self._world.spoofed_languages
        return self._tunnel(point, exit_, clock=shown, speaks=shown if thorough else here)

    def _tunnel(self, point: Point, exit_: Exit, *, clock: int, speaks: int) -> _Path:
        entry, _ = self._place(self._atlas.country_row[exit_.country])
        kernel_ms = self._paths.last_mile() + self._paths.between(point, entry)
        return _Path(exit_.address, entry, kernel_ms, 0.0, clock=clock, speaks=speaks)

    def _proxy_abroad(self, here: int, point: Point) -> _Path:
        return self._proxy(here, point, self._other(here, Kind.HOST))

    def _proxy_home(self, here: int, point: Point) -> _Path:
        return self._proxy(here, point, here)

    def _proxy(self, here: int, point: Point, there: int) -> _Path:
        entry, _ = self._place(there)
        in_home = self._rng.random() < IN_HOMES or not self._audience[Kind.HOST][there]
        address = self._space.address(Kind.HOME if in_home else Kind.HOST, there, self._rng)
        kernel_ms = self._paths.last_mile() if in_home else 0.0
        delta_ms = self._paths.between(point, entry) + self._paths.last_mile() + kernel_ms
        return _Path(address, entry, kernel_ms, delta_ms, clock=here, speaks=here)

    def _relay(self, here: int, point: Point) -> _Path:
        entry, _ = self._place(here)
        address = self._space.address(Kind.RELAY, here, self._rng)
        delta_ms = self._paths.between(point, entry) + self._paths.last_mile()
        return _Path(address, entry, 0.0, delta_ms, clock=here, speaks=here)

    def _exit(self, here: int) -> Exit:
        """Return an exit that neither stands in the country nor is said to."""
        code = self._atlas.countries[here]
        while self._exits:
            exit_ = self._exits[int(self._rng.integers(len(self._exits)))]
            if code not in {exit_.country, exit_.advertised}:
                return exit_
        there = self._other(here, Kind.HOST)
        address = self._space.address(Kind.HOST, there, self._rng)
        return Exit(address, self._atlas.countries[there], self._atlas.countries[there])

    def _country(self, kind: Kind) -> int:
        return int(self._rng.choice(len(self._audience[kind]), p=self._audience[kind]))

    def _other(self, here: int, kind: Kind) -> int:
        while (there := self._country(kind)) == here:
            pass
        return there

    def _journey(self, here: int, kind: Kind = Kind.HOME) -> int:
        """Return the home of somebody who visits *here*."""
        near = np.exp(-self._atlas.distance_km[here] / self._world.travel_km)
        weights = self._audience[kind] * near
        weights[here] = 0.0
        return int(self._rng.choice(len(weights), p=_shares(weights)))

    def _place(self, country: int) -> tuple[Point, int]:
        """Return where in the country somebody is, and the row of the time zone there."""
        atlas, share = self._atlas, self._atlas.point_weight[country]
        at = int(self._rng.choice(len(share), p=_shares(share)))
        zone = int(atlas.point_zone[country, at])
        if zone < 0:
            zone = int(np.argmax(atlas.zone_share[country]))
        return (float(atlas.point_lat[country, at]), float(atlas.point_lon[country, at])), zone

    def _edge(self, entry: Point) -> Point:
        if self._rng.random() >= self._world.near_edge:
            return self._edges[int(self._rng.integers(len(self._edges)))]
        return min(self._edges, key=lambda edge: _apart(entry, edge))

    def _languages(self, country: int) -> tuple[str, ...]:
        if self._rng.random() < self._world.plain_english:
            return (DEFAULT_LANGUAGE, "en")
        share = _shares(self._atlas.language_share[country])
        key = self._atlas.languages[int(self._rng.choice(len(share), p=share))]
        return (f"{key.replace('_', '-')}-{self._atlas.countries[country]}",)


def _shares(weights: Array) -> Array:
    weights = np.asarray(weights, dtype=np.float64)
    return np.asarray(weights / weights.sum())


def _apart(here: Point, there: Point) -> float:
    """Return what grows with the distance on the sphere."""
    (lat, lon), (to_lat, to_lon) = np.radians(here), np.radians(there)
    turn = np.sin(lat) * np.sin(to_lat) + np.cos(lat) * np.cos(to_lat) * np.cos(lon - to_lon)
    return -float(turn)
