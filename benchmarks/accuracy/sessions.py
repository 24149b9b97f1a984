"""Simulated sessions: who visits, from where, through what, and what it looks like."""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Final

import numpy as np
from attrs import field, frozen

from benchmarks.accuracy import deployments
from benchmarks.accuracy.envelopes import Seen, Timed, envelope
from benchmarks.accuracy.exits import Exit, Known
from benchmarks.accuracy.machines import WINDOWS_FIREFOX, Sender, a_host, a_machine, syn
from benchmarks.accuracy.paths import Paths, Point
from benchmarks.accuracy.people import DEFAULT_LANGUAGE, People
from benchmarks.accuracy.space import Kind, Space
from benchmarks.accuracy.world import World
from octet.schema import Envelope
from octet.service.atlas import Atlas

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
TOR_ZONES: Final = ("UTC", "Atlantic/Reykjavik")
"""What Tor Browser tells, older and newer."""


class Case(StrEnum):
    """A class of sessions."""

    DIRECT = "direct"
    TRAVELLER = "traveller"
    TRAVELLER_STALE = "traveller, stale clock"
    ROAMING = "roaming"
    OFFICE = "company or school, egress in the own country"
    OFFICE_ABROAD = "company, egress abroad"
    SATELLITE = "geostationary satellite"
    VPN_HOME = "VPN, exit in the own country"
    VPN_HONEST = "VPN, honest environment"
    VPN_SPOOFED = "VPN, spoofed environment"
    PROXY_ABROAD = "L4 proxy, cross-border"
    PROXY_HOME = "L4 proxy, same country"
    PROXY_SPOOFED = "L4 proxy, spoofed environment"
    RELAY = "relay"
    TOR = "Tor"
    EDGE_FRONTED = "edge behind an undeclared proxy"
    EDGE_ELSEWHERE = "edge that says it stands elsewhere"
    EDGE_CLOCK = "edge with a wrong clock"


KINDS: Final = {
    Case.RELAY: Kind.RELAY,
    Case.VPN_HOME: Kind.HOST,
    Case.OFFICE: Kind.OFFICE,
    Case.SATELLITE: Kind.SATELLITE,
}
"""Addresses that a class needs where it is; the others need homes."""


@frozen
class Session:
    """One session, and the truth about it."""

    case: Case
    country: str
    """Where the browser is."""
    exit_country: str
    """Where its address is."""
    clock_country: str
    """What its clock is set to; some are wrong for no reason (`World`), and Tor's tells nothing."""
    seen: Seen
    envelope: Envelope


@frozen
class _Path:
    """What a case decides."""

    address: str
    exit: int
    """Country that the address is in."""
    kind: Kind
    entry: Point
    """What ends TCP, or the exit of a tunnel: where packets towards the edge come from."""
    kernel_ms: float
    """Round trip between that and what answers the kernel."""
    gap_ms: float
    clock: int
    """Country that the clock is set to."""
    speaks: int
    """Country that the languages are of."""
    room: str = "line"
    """Key of `machines.MSS`."""
    hosted: bool = field(default=False)
    """Whether the SYN is a host's and not the browser's own."""


class Simulator:
    """Draws the sessions of one world; the generator is passed in.

    Args:
        thorough: whether to draw also what only some views show: other edges, and IPv6.
    """

    def __init__(
        self,
        atlas: Atlas,
        space: Space,
        known: Known,
        paths: Paths,
        *,
        thorough: bool = False,
    ) -> None:
        self._thorough = thorough
        self._atlas, self._space, self._paths = atlas, space, paths
        self._world: World = paths.world
        self._rng = paths.rng
        self._people = People(atlas, space, self._world, self._rng)
        rows = atlas.country_row
        self._exits = [e for e in known.exits if e.country in rows and e.advertised in rows]
        self._number = 0

    def sessions(self, case: Case, count: int) -> Iterator[Session]:
        """Yield *count* sessions of a class."""
        cases: dict[Case, Callable[[int, Point], _Path]] = {
            Case.TRAVELLER: self._traveller,
            Case.TRAVELLER_STALE: self._stale,
            Case.ROAMING: self._roaming,
            Case.OFFICE: self._office,
            Case.OFFICE_ABROAD: self._office_abroad,
            Case.SATELLITE: self._satellite,
            Case.VPN_HOME: self._vpn_home,
            Case.VPN_HONEST: self._vpn,
            Case.VPN_SPOOFED: self._spoofed,
            Case.PROXY_ABROAD: self._proxy_abroad,
            Case.PROXY_HOME: self._proxy_home,
            Case.PROXY_SPOOFED: self._proxy_spoofed,
            Case.RELAY: self._relay,
            Case.TOR: self._tor,
        }
        draw = cases.get(case, self._direct)
        for _ in range(count):
            here = self._people.country(KINDS.get(case, Kind.HOME))
            point, zone = self._people.place(here)
            yield self._session(case, here, zone, draw(here, point))

    def _session(self, case: Case, here: int, zone: int, path: _Path) -> Session:
        seen = self._seen(case, here, zone, path)
        if case is Case.EDGE_FRONTED:
            seen = deployments.fronted(seen, self._paths)
        elif case is Case.EDGE_ELSEWHERE:
            seen = deployments.elsewhere(seen, EDGES, self._rng)
        elif case is Case.EDGE_CLOCK:
            seen = deployments.wrong_clock(seen, self._rng)
        self._number += 1
        countries = self._atlas.countries
        return Session(
            case=case,
            country=countries[here],
            exit_country=countries[path.exit],
            clock_country=countries[path.clock],
            seen=seen,
            envelope=envelope(seen, self._number),
        )

    def _seen(self, case: Case, here: int, zone: int, path: _Path) -> Seen:
        shown = zone if path.clock == here else self._people.place(path.clock)[1]
        if self._rng.random() < self._world.foreign_clock:
            shown = self._people.place(self._people.journey(path.clock))[1]
        january, july = self._atlas.zone_offset_min[shown]
        name, languages = self._atlas.zones[shown], self._people.languages(path.speaks)
        machine = a_machine(self._rng)
        if case is Case.TOR:
            name, january, july = TOR_ZONES[int(self._rng.integers(2))], 0, 0
            languages, machine = (DEFAULT_LANGUAGE, "en"), WINDOWS_FIREFOX
        sender = a_host(self._rng) if path.hosted else machine.sender
        if self._rng.random() < self._world.mangled_syn:
            sender = Sender.OTHER
        return Seen(
            address=path.address,
            address6=self._address6(path),
            zone=name,
            offsets_min=(int(january), int(july)),
            languages=languages,
            landmarks=self._landmarks(path),
            gap_ms=path.gap_ms,
            machine=machine,
            syn=syn(sender, "host" if path.hosted else path.room, self._rng),
        )

    def _landmarks(self, path: _Path) -> tuple[Timed, ...]:
        first = self._edge(path.entry)
        others = EDGES if self._thorough else ()
        return tuple(
            Timed(
                edge,
                kernel_ms=path.kernel_ms + self._paths.between(path.entry, edge),
                noise_ms=self._paths.noise(),
            )
            for edge in (first, *(edge for edge in others if edge != first))
        )

    def _address6(self, path: _Path) -> str | None:
        if not self._thorough:
            return None
        return self._space.address6(path.kind, path.exit, self._rng)

    def _direct(self, here: int, point: Point) -> _Path:
        return self._at_home(here, point, clock=here, speaks=here)

    def _traveller(self, here: int, point: Point) -> _Path:
        home = self._people.journey(here)
        stale = self._rng.random() < self._world.stale_zone
        return self._at_home(here, point, clock=home if stale else here, speaks=home)

    def _stale(self, here: int, point: Point) -> _Path:
        home = self._people.journey(here)
        return self._at_home(here, point, clock=home, speaks=home)

    def _at_home(self, here: int, point: Point, *, clock: int, speaks: int) -> _Path:
        address = self._space.address(Kind.HOME, here, self._rng)
        last_mile_ms, split_ms = self._paths.last_mile(), self._paths.split()
        return _Path(
            address, here, Kind.HOME, point, last_mile_ms, split_ms, clock=clock, speaks=speaks
        )

    def _roaming(self, here: int, point: Point) -> _Path:
        home = self._people.journey(here, Kind.SIM)
        core, _ = self._people.place(home)
        kernel_ms = self._paths.last_mile() + self._paths.between(point, core)
        kernel_ms += self._rng.uniform(*MOBILE_CORE_MS)
        address = self._space.address(Kind.SIM, home, self._rng)
        split_ms = self._paths.split()
        return _Path(address, home, Kind.SIM, core, kernel_ms, split_ms, clock=here, speaks=home)

    def _office(self, here: int, point: Point) -> _Path:
        return self._company(here, point, here)

    def _office_abroad(self, here: int, point: Point) -> _Path:
        return self._company(here, point, self._people.other(here, Kind.OFFICE))

    def _company(self, here: int, point: Point, there: int) -> _Path:
        """Return the path of somebody whose company sends everything through its own egress."""
        cloud = self._rng.random() < self._world.office_in_hosting
        kind = Kind.HOST if cloud and self._people.any_of(Kind.HOST, there) else Kind.OFFICE
        entry, _ = self._people.place(there)
        inside_ms = self._paths.between(point, entry) + self._paths.last_mile()
        ends = self._rng.random() < self._world.gateway_ends_tcp
        kernel_ms, gap_ms = (0.0, inside_ms) if ends else (inside_ms, 0.0)
        address = self._space.address(kind, there, self._rng)
        return _Path(
            address, there, kind, entry, kernel_ms, gap_ms, clock=here, speaks=here, hosted=ends
        )

    def _satellite(self, here: int, point: Point) -> _Path:
        address = self._space.address(Kind.SATELLITE, here, self._rng)
        orbit_ms = self._paths.orbit()
        ends = self._rng.random() < self._world.satellite_ends_tcp
        kernel_ms, gap_ms = (1.0, orbit_ms) if ends else (orbit_ms, 0.0)
        return _Path(
            address,
            here,
            Kind.SATELLITE,
            point,
            kernel_ms,
            gap_ms,
            clock=here,
            speaks=here,
            hosted=ends,
        )

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
        return self._tunnel(point, exit_, clock=shown, speaks=self._spoken(here, shown))

    def _spoken(self, here: int, shown: int) -> int:
        """Return whose languages somebody shows whose clock is set to another country."""
        return shown if self._rng.random() < self._world.spoofed_languages else here

    def _tunnel(self, point: Point, exit_: Exit, *, clock: int, speaks: int) -> _Path:
        there = self._atlas.country_row[exit_.country]
        entry, _ = self._people.place(there)
        kernel_ms = self._paths.last_mile() + self._paths.between(point, entry)
        return _Path(
            exit_.address,
            there,
            Kind.HOST,
            entry,
            kernel_ms,
            0.0,
            clock=clock,
            speaks=speaks,
            room="tunnel",
        )

    def _proxy_abroad(self, here: int, point: Point) -> _Path:
        there = self._people.other(here, Kind.HOST)
        return self._proxy(point, there, clock=here, speaks=here)

    def _proxy_home(self, here: int, point: Point) -> _Path:
        return self._proxy(point, here, clock=here, speaks=here)

    def _proxy_spoofed(self, here: int, point: Point) -> _Path:
        there = self._people.other(here, Kind.HOST)
        return self._proxy(point, there, clock=there, speaks=self._spoken(here, there))

    def _proxy(self, point: Point, there: int, *, clock: int, speaks: int) -> _Path:
        entry, _ = self._people.place(there)
        kind = Kind.HOME if self._rng.random() < IN_HOMES else Kind.HOST
        if not self._people.any_of(kind, there):
            kind = Kind.HOST if kind is Kind.HOME else Kind.HOME
        in_home = kind is Kind.HOME
        address = self._space.address(kind, there, self._rng)
        kernel_ms = self._paths.last_mile() if in_home else 0.0
        gap_ms = self._paths.between(point, entry) + self._paths.last_mile() + kernel_ms
        return _Path(
            address, there, kind, entry, kernel_ms, gap_ms, clock=clock, speaks=speaks, hosted=True
        )

    def _relay(self, here: int, point: Point) -> _Path:
        entry, _ = self._people.place(here)
        address = self._space.address(Kind.RELAY, here, self._rng)
        gap_ms = self._paths.between(point, entry) + self._paths.last_mile()
        return _Path(
            address, here, Kind.RELAY, entry, 0.0, gap_ms, clock=here, speaks=here, hosted=True
        )

    def _tor(self, here: int, point: Point) -> _Path:
        guard, middle, there = (self._people.other(here, Kind.HOST) for _ in range(3))
        stations = [point, *(self._people.place(one)[0] for one in (guard, middle, there))]
        address = self._space.address(Kind.HOST, there, self._rng)
        gap_ms = self._paths.circuit(stations) + self._paths.last_mile()
        return _Path(
            address,
            there,
            Kind.HOST,
            stations[-1],
            0.0,
            gap_ms,
            clock=here,
            speaks=here,
            hosted=True,
        )

    def _exit(self, here: int) -> Exit:
        """Return an exit that neither stands in the country nor is said to."""
        code = self._atlas.countries[here]
        while self._exits:
            exit_ = self._exits[int(self._rng.integers(len(self._exits)))]
            if code not in {exit_.country, exit_.advertised}:
                return exit_
        there = self._people.other(here, Kind.HOST)
        address = self._space.address(Kind.HOST, there, self._rng)
        return Exit(address, self._atlas.countries[there], self._atlas.countries[there])

    def _edge(self, entry: Point) -> Point:
        if self._rng.random() >= self._world.near_edge:
            return EDGES[int(self._rng.integers(len(EDGES)))]
        return min(EDGES, key=lambda edge: _apart(entry, edge))


def _apart(here: Point, there: Point) -> float:
    """Return what grows with the distance on the sphere."""
    (lat, lon), (to_lat, to_lon) = np.radians(here), np.radians(there)
    turn = np.sin(lat) * np.sin(to_lat) + np.cos(lat) * np.cos(to_lat) * np.cos(lon - to_lon)
    return -float(turn)
