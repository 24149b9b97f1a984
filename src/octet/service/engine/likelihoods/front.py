"""Whether the edge itself is deployed wrongly: an undeclared proxy in front of it.

Such an edge takes the proxy for every visitor: the peer is a host of its own network, or one from
which a round trip takes no time, and the request carries headers that only proxies write. Three
facts, each alike for all transports but `Transport.FRONTED`:

                                                    fronted   any other
    the peer's address is not of the Internet          0.8      10⁻⁶
    a forwarding header, no proxy declared             0.6      0.0005
    kernel round trip below 1 ms                       0.80     0.004
    kernel round trip of 1 to 2 ms                     0.16     0.05

A page can write such a header itself and hold its pongs back, so that its tunnel shows a proxy's
gap; what it cannot is to come near. From 10 ms on the header says nothing.

The rest is in the other families: what ends TCP there shows the gap of a proxy and the address of a
host, and says nothing of the visitor's country. FRONTED is no cause for alarm, so an edge that
shows the facts alarms nobody above low; the price is that whoever rents a host in the edge's own
building looks like that too.

Missing facts add 0. Source: ours, judgement.
"""

from collections.abc import Sequence

import numpy as np

from octet.service.atlas.container import Array
from octet.service.engine.evidence import Evidence, Group
from octet.service.engine.facts import Facts
from octet.service.engine.hypotheses import Transport

PRIVATE_PEER = (0.8, 1e-6)
HEADER = (0.6, 0.0005)
"""P(fact | fronted), P(fact | any other transport)."""
NEAR_MS = np.array([1.0, 2.0])
"""Within a building, and between those of one cloud in a town."""
NEAR = np.array([[0.80, 0.16, 0.04], [0.004, 0.05, 0.946]])
"""P(kernel round trip below the first, the second, or more | fronted; any other transport)."""
AFAR_MS = 10.0
"""No proxy of the edge's own is so far away that its header would count."""


def front(facts: Sequence[Facts]) -> Evidence:
    """Return log P(peer, header, nearness | s), over (B, S, 1)."""
    ratio = [_ratio(fact) for fact in facts]
    manner = np.zeros((len(facts), len(Transport), 1))
    manner[:, Transport.FRONTED, 0] = ratio
    return Evidence("front", Group.DEPLOYMENT, manner=manner)


def _ratio(fact: Facts) -> float:
    """Return log P(facts | fronted) − log P(facts | any other)."""
    nats = _LOG_PRIVATE[int(fact.private_peer)]
    if fact.forwarded is not None and not (fact.forwarded and _afar(fact)):
        nats += _LOG_HEADER[int(fact.forwarded)]
    if fact.kernel_ms is not None:
        nats += _LOG_NEAR[int(np.searchsorted(NEAR_MS, fact.kernel_ms, side="right"))]
    return float(nats)


def _afar(fact: Facts) -> bool:
    return fact.kernel_ms is not None and fact.kernel_ms >= AFAR_MS


def _log_ratios(chances: tuple[float, float]) -> Array:
    fronted, other = chances
    return np.log([(1.0 - fronted) / (1.0 - other), fronted / other])


_LOG_PRIVATE, _LOG_HEADER = map(_log_ratios, (PRIVATE_PEER, HEADER))
_LOG_NEAR = np.log(NEAR[0] / NEAR[1])
