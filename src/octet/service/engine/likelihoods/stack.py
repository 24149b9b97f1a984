"""Whether the machine at the other end of TCP fits the browser that speaks through it.

System of the SYN, f, beside the one claimed, o. Direct paths, SIMs abroad and tunnels below TCP
carry the machine's own SYN, whatever ends TCP sends its host's:

    direct, roaming, VPN        P(f | o) = 0.94 [f = o] + 0.06 H(f)
    proxy, relay, Tor, fronted  P(f | o) = H(f),  mostly Linux

MSS of the SYN in four steps: tunnels leave less room, but so do half the honest paths.

Against the environment: a TLS library, an opening of HTTP/2 or an order of headers that is not the
claimed engine's; hints, platform, screen or headers that tell another story than the user agent and
the languages; the graphics of a virtual machine. Each is likelier of settings that were forged:

                            honest, traveller    forged
    another engine                0.02            0.08
    another story                 0.02            0.12
    virtual graphics              0.01            0.05

w = 0.5, of the MSS 0.3. At most it moves what the other families leave open: none of these, the MSS
least of all, raises an alarm alone. Missing facts add 0. Source: ours, judgement.
"""

from collections.abc import Sequence

import numpy as np

from octet.service.atlas.container import Array
from octet.service.engine.evidence import Evidence, Group
from octet.service.engine.facts import Facts
from octet.service.engine.hypotheses import GOOD_ENVIRONMENTS, Environment, Transport
from octet.service.engine.stack import Stack, System

WEIGHT, MSS_WEIGHT = 0.5, 0.3
CARRIED = (Transport.DIRECT, Transport.ROAMING, Transport.VPN)
OWN = 0.94
HOSTS = {System.LINUX: 0.70, System.WINDOWS: 0.14, System.APPLE: 0.04, System.OTHER: 0.12}
"""H: what proxies run on, servers and infected homes together."""

MSS_STEPS = (1300, 1400, 1440)
MSS = np.array(
    [
        [0.02, 0.14, 0.22, 0.62],
        [0.05, 0.35, 0.30, 0.30],
        [0.15, 0.40, 0.20, 0.25],
        [0.02, 0.10, 0.13, 0.75],
        [0.02, 0.14, 0.22, 0.62],
        [0.02, 0.10, 0.13, 0.75],
        [0.02, 0.10, 0.13, 0.75],
    ]
)
"""P(MSS below 1300, 1400, 1440, or more | s), rows over `Transport`."""

ENGINE, MACHINE, VIRTUAL = (0.02, 0.08), (0.02, 0.12), (0.01, 0.05)
"""P(mismatch | honest or traveller), P(mismatch | forged)."""


def stack(facts: Sequence[Facts]) -> Evidence:
    """Return w log P(stack | s, e), over (B, S, E)."""
    manner = np.zeros((len(facts), len(Transport), len(Environment)))
    for row, fact in enumerate(facts):
        found = fact.stack
        manner[row] = _by_transport(found)[:, None] + _by_environment(found)
    return Evidence("stack", Group.STACK, manner=manner)


def _by_transport(found: Stack) -> Array:
    nats = np.zeros(len(Transport))
    if found.system is not None and found.claimed is not None:
        nats += _LOG_SYSTEM[found.system, found.system is found.claimed]
    if found.mss is not None:
        nats += _LOG_MSS[int(np.searchsorted(MSS_STEPS, found.mss, side="right"))]
    return nats


def _by_environment(found: Stack) -> Array:
    nats = np.zeros(len(Environment))
    for table, fits in (
        (_LOG_ENGINE, found.engine_agrees),
        (_LOG_MACHINE, found.machine_agrees),
        (_LOG_VIRTUAL, None if found.virtual is None else not found.virtual),
    ):
        if fits is not None:
            nats += table[int(fits)]
    return nats


def _log_system(system: System, *, own: bool) -> Array:
    chance = np.full(len(Transport), HOSTS[system])
    chance[list(CARRIED)] = OWN * own + (1.0 - OWN) * HOSTS[system]
    return np.asarray(WEIGHT * np.log(chance))


def _log_forged(chances: tuple[float, float]) -> Array:
    """Return nats by environment of a mismatch, and of none."""
    honest, forged = chances
    chance = np.array([honest if e in GOOD_ENVIRONMENTS else forged for e in Environment])
    return np.asarray(WEIGHT * np.log(np.stack([chance, 1.0 - chance])))


_LOG_SYSTEM = {(s, own): _log_system(s, own=own) for s in System for own in (False, True)}
_LOG_MSS = MSS_WEIGHT * np.log(MSS.T)
_LOG_ENGINE, _LOG_MACHINE, _LOG_VIRTUAL = map(_log_forged, (ENGINE, MACHINE, VIRTUAL))
