"""The envelope that an edge would make of an attempt: it measures, so nobody can be early."""

import base64
from collections.abc import Mapping
from typing import Any, Final

from benchmarks.accuracy.envelopes import RECEIVED_AT_MS
from benchmarks.accuracy.red_team.ground import HELPER_ADDRESS, HELPER_MS, Ground, offsets_of
from benchmarks.accuracy.red_team.move import Helper, Move, Route
from benchmarks.accuracy.space import Kind
from octet.schema import (
    ChannelTiming,
    Clock,
    Connection,
    EdgeIdentity,
    Envelope,
    Http,
    Intl,
    Languages,
    Mode,
    Navigation,
    Observation,
    Present,
    Report,
    Signals,
    TcpTiming,
    TimeZone,
    UserAgent,
    UtcOffset,
)
from octet.service.atlas import Atlas
from tests.service.engine.stack.hellos import LINUX, WINDOWS, syn

PONG_MS: Final = 3000.0
"""A later pong closes the channel."""
LATER_US: Final = 700
"""What each volley is faster than the one before it."""
CHROME: Final = (
    "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)


class Forge:
    """Makes envelopes over the zones of one atlas."""

    def __init__(self, atlas: Atlas) -> None:
        self._atlas = atlas

    def envelope(self, ground: Ground, move: Move) -> Envelope:
        """Return what the first edge sends on."""
        lat, lon = ground.edges[0]
        address = address_of(ground, move)
        kernel_us = _us(kernel_ms(ground, move, 0))
        header = (("x-forwarded-for", address),) if move.forwarded else ()
        agent, stack = self._stack(move)
        return Envelope(
            v=1,
            id="attempt",
            session_ref="sess_attempt",
            received_at=RECEIVED_AT_MS,
            edge=EdgeIdentity(id="edge-0", version="0.1.0", lat=lat, lon=lon),
            observed=Observation(
                source_ip=address,
                peer_ip=address,
                via="direct",
                http=Http(version="1.1", headers=(("host", "example.com"), *agent, *header)),
                tcp=TcpTiming(min_rtt_us=kernel_us),
                latency=_channels(ground, move),
                syn=stack,
            ),
            report=Report(
                v=1,
                id="attempt",
                mode=Mode.FULL,
                collector="0.1.0",
                signals=Signals(self._signals(ground, move)),
            ),
        )

    def _signals(self, ground: Ground, move: Move) -> Mapping[str, Present[Any]]:
        signals: dict[str, Any] = {}
        wanted = ground.wanted
        if move.zone is not None:
            signals["timeZone"] = TimeZone(move.zone)
        if move.zone is not None and move.offsets:
            january, july = offsets_of(self._atlas, move.zone)
            signals["utcOffset"] = UtcOffset(january, january, july)
        if move.languages is not None:
            signals["languages"] = Languages(move.languages)
        if move.conventions:
            signals["intl"] = Intl(wanted.languages[0], wanted.calendar, "latn", wanted.hour_cycle)
        if move.clock_ahead_ms is not None:
            signals["clock"] = Clock(RECEIVED_AT_MS + move.clock_ahead_ms)
        if move.slow_link:
            signals["connection"] = Connection(effective_type="2g")
        if move.connect_claimed:
            signals["navigation"] = Navigation(connect_ms=kernel_ms(ground, move, 0))
        if move.agent:
            signals["userAgent"] = UserAgent(CHROME.format(_system(move)))
        return {name: Present(value) for name, value in signals.items()}

    def _stack(self, move: Move) -> tuple[tuple[tuple[str, str], ...], str]:
        """Return the header that names the browser, and the SYN of what ends TCP."""
        ended = move.way.route is Route.PROXY
        packet = syn(LINUX, ttl=52) if ended else syn(WINDOWS, ttl=116)
        agent = (("user-agent", CHROME.format(_system(move))),) if move.agent else ()
        return agent, base64.b64encode(packet).decode()


def address_of(ground: Ground, move: Move) -> str:
    """Return where the post comes from."""
    return ground.home if move.way.exit is None else ground.exits[move.way.exit]


def kernel_ms(ground: Ground, move: Move, edge: int) -> float:
    """Return the smallest round trip of the kernel to an edge."""
    way = move.way
    added = move.kernel_added_ms[edge]
    if way.route is Route.DIRECT:
        return ground.to_edge_ms[edge] + added
    line = ground.exit_line_ms if way.exit in {Kind.HOME, Kind.SIM} else 0.0
    behind = ground.to_exit_ms if way.route is Route.TUNNEL else 0.0
    return ground.exit_to_edge_ms[edge] + line + behind + added


def pong_ms(ground: Ground, move: Move, edge: int) -> float:
    """Return the smallest round trip of the application to an edge, however long."""
    way = move.way
    behind = 0.0
    if way.route is Route.PROXY and way.helper is not Helper.AT_EXIT:
        line = ground.exit_line_ms if way.exit in {Kind.HOME, Kind.SIM} else 0.0
        behind = ground.to_exit_ms + line
    added = max(move.pong_added_ms[edge], 0.0)
    return kernel_ms(ground, move, edge) + behind + ground.noise_ms + added


def _channels(ground: Ground, move: Move) -> tuple[ChannelTiming, ...]:
    """Return the receipts' contents: of a channel whose pongs come too late there is none."""
    told = []
    if move.volleys:
        for edge in range(move.channels):
            app_ms = pong_ms(ground, move, edge)
            if app_ms <= PONG_MS:
                source = address_of(ground, move)
                told.append(
                    _channel(ground, move, edge, source, kernel_ms(ground, move, edge), app_ms)
                )
    if move.way.helper is Helper.NEAR_EDGE:
        near_ms = HELPER_MS + ground.noise_ms
        told.append(_channel(ground, move, 0, HELPER_ADDRESS, HELPER_MS, near_ms))
    return tuple(told)


def _channel(  # noqa: PLR0913, PLR0917 - a channel has so many parts
    ground: Ground, move: Move, edge: int, source: str, kernel: float, app: float
) -> ChannelTiming:
    lat, lon = ground.edges[edge]
    later = range(max(move.volleys, 1) - 1, -1, -1)
    step_us = LATER_US + round(move.jitter_ms * 1000 / len(later))
    return ChannelTiming(
        edge=f"edge-{edge}",
        lat=lat,
        lon=lon,
        source_ip=source,
        rtt_us=tuple(_us(app) + step_us * number for number in later),
        tcp=TcpTiming(min_rtt_us=_us(kernel)),
        at=RECEIVED_AT_MS,
    )


def _system(move: Move) -> str:
    return "X11; Linux x86_64" if move.way.route is Route.PROXY else "Windows NT 10.0; Win64; x64"


def _us(ms: float) -> int:
    return max(round(ms * 1000), 1)
