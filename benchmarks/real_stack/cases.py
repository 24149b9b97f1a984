"""What is measured: who comes, by what way, over what delays."""

from enum import StrEnum
from typing import Final

from attrs import evolve, frozen

from benchmarks.real_stack.people import BERLIN, DUTCH, NEW_YORK, SAO_PAULO, Person


class Way(StrEnum):
    """How the browser's packets reach the edge."""

    DIRECT = "direct"
    MICROSOCKS = "SOCKS (microsocks)"
    DANTE = "SOCKS (Dante)"
    TINYPROXY = "HTTP CONNECT (tinyproxy)"
    OPENVPN = "OpenVPN"
    WIREGUARD = "WireGuard (wireguard-go)"
    HAPROXY = "undeclared balancer (HAProxy)"


TUNNELS: Final = frozenset({Way.OPENVPN, Way.WIREGUARD})


@frozen(kw_only=True)
class Case:
    """One row; delays are of one way, milliseconds."""

    way: Way
    person: Person
    user_ms: float
    """From the visitor to the exit; without one, to the edge."""
    exit_ms: float = 5
    """From the exit to the edge, if there is an exit."""
    browser: str = "chromium"

    @property
    def kernel_ms(self) -> float:
        """The round trip that is set between the edge and what ends TCP there."""
        if self.way is Way.DIRECT:
            return 2 * self.user_ms
        return 2 * (self.exit_ms + (self.user_ms if self.way in TUNNELS else 0))

    @property
    def gap_ms(self) -> float:
        """The round trip that is set between what ends TCP and the browser."""
        straight = self.way is Way.DIRECT or self.way in TUNNELS
        return 0 if straight else 2 * self.user_ms


def _all() -> tuple[Case, ...]:
    direct = [
        Case(way=Way.DIRECT, person=person, user_ms=user_ms)
        for person, user_ms in ((BERLIN, 0), (BERLIN, 10), (NEW_YORK, 40), (SAO_PAULO, 120))
    ]
    near, middle, far = (
        Case(way=Way.MICROSOCKS, person=person, user_ms=user_ms)
        for person, user_ms in ((BERLIN, 5), (NEW_YORK, 40), (SAO_PAULO, 120))
    )
    through = [
        evolve(case, way=way)
        for way in (Way.MICROSOCKS, Way.OPENVPN, Way.WIREGUARD)
        for case in (near, middle, far)
    ]
    through += [evolve(case, way=Way.TINYPROXY) for case in (near, middle)]
    through += [evolve(middle, way=Way.DANTE), evolve(far, user_ms=70)]
    disguised = [evolve(middle, way=w, person=DUTCH) for w in (Way.MICROSOCKS, Way.OPENVPN)]
    firefox = [
        evolve(case, browser="firefox")
        for case in (direct[1], middle, evolve(middle, way=Way.OPENVPN))
    ]
    fronted = Case(way=Way.HAPROXY, person=BERLIN, user_ms=10, exit_ms=0)
    return (*direct, *through, *disguised, fronted, *firefox)


CASES: Final = _all()
