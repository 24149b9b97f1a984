"""What attackers have, from a page to a machine in the claimed country."""

from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen

from benchmarks.accuracy.red_team.ground import LANDMARKS, Ground
from benchmarks.accuracy.red_team.move import NO_DELAY, Helper, Move, Route, Way
from benchmarks.accuracy.space import Kind

ADDED_MS: Final = (3.0, 10.0, 30.0, 90.0, 250.0, 700.0, 2000.0)
ALONE_MS: Final = (30.0, 250.0)
HALF_HOUR_MS: Final = 1_800_000
SERVER_EXITS: Final = (Kind.HOST,)
ANY_EXITS: Final = (Kind.HOST, Kind.HOME, Kind.SIM, Kind.RELAY)


@frozen
class Capability:
    """An attacker's means."""

    name: str
    forges: bool = True
    """Whether the page lies; else it says what is true."""
    delays: bool = False
    """Whether packets and pongs may be held back."""
    headers: bool = True
    """Whether the request carries a header that only proxies write."""
    helper: bool = False
    """Whether somebody near the edge answers pongs, from another address."""
    exits: tuple[Kind, ...] = ()
    """Kinds of exits in the claimed country."""
    inside: bool = False
    """Whether a program of his runs at the exit and answers pongs there."""

    def ways(self, ground: Ground) -> tuple[Way, ...]:
        """Return how a post may travel: through an exit, where he has one."""
        helpers = [Helper.NOBODY, *([Helper.NEAR_EDGE] if self.helper else [])]
        kinds = [kind for kind in self.exits if kind in ground.exits]
        ways = [Way(helper=helper) for helper in helpers] if not kinds else []
        for kind in kinds:
            ways += [Way(r, kind, h) for r in (Route.TUNNEL, Route.PROXY) for h in helpers]
            ways += [Way(Route.PROXY, kind, Helper.AT_EXIT)] if self.inside else []
        return tuple(ways)

    def choices(self, ground: Ground) -> Mapping[str, tuple[Any, ...]]:
        """Return what each member of a move may be."""
        own, wanted = ground.own, ground.wanted
        found: dict[str, tuple[Any, ...]] = {
            "way": self.ways(ground),
            "volleys": (24, 1, 64, 0),
            "channels": tuple(range(1, LANDMARKS + 1)),
        }
        if self.forges:
            found |= {
                "zone": (*dict.fromkeys((wanted.zone, *ground.zones)), own.zone, "UTC", None),
                "offsets": (True, False),
                "languages": (wanted.languages, ("en-US", "en"), own.languages, None),
                "conventions": (False, True),
                "clock_ahead_ms": (None, 0, HALF_HOUR_MS),
                "slow_link": (False, True),
                "connect_claimed": (False, True),
                "agent": (False, True),
            }
        if self.forges and self.headers:
            found["forwarded"] = (False, True)
        if self.delays:
            for name in ("kernel_added_ms", "pong_added_ms"):
                found[name] = tuple(_delays())
        return found

    def first(self, ground: Ground) -> Move:
        """Return the plain attempt: everything set as the claimed country has it."""
        told = ground.wanted if self.forges else ground.own
        return Move(way=self.ways(ground)[0], zone=told.zone, languages=told.languages)


def _delays() -> list[tuple[float, ...]]:
    """Return delays alike at all edges, and at one of them alone."""
    alike = [(ms,) * LANDMARKS for ms in ADDED_MS]
    alone = [
        tuple(ms if edge == at else 0.0 for edge in range(LANDMARKS))
        for ms in ALONE_MS
        for at in range(LANDMARKS)
    ]
    return [NO_DELAY, *alike, *alone]


CAPABILITIES: Final = (
    Capability("delays alone, nothing forged", forges=False, delays=True),
    Capability("page, no proxy's header", headers=False),
    Capability("page"),
    Capability("page + delays, no proxy's header", headers=False, delays=True),
    Capability("page + delays", delays=True),
    Capability("page + delays + helper near the edge", delays=True, helper=True),
    Capability("VPN in the country", exits=SERVER_EXITS),
    Capability("VPN + delays", exits=SERVER_EXITS, delays=True),
    Capability("VPN + delays + helper near the edge", exits=SERVER_EXITS, delays=True, helper=True),
    Capability(
        "any exit + delays + helper near the edge", exits=ANY_EXITS, delays=True, helper=True
    ),
    Capability("program at any exit", exits=ANY_EXITS, delays=True, helper=True, inside=True),
)
