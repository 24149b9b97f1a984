"""The address family on the exits of one real VPN provider, and the rule on networks beside lists.

The true country of an exit is that of its host, as the provider tells it. Intervals are over the
networks that exits stand in: exits of one network resemble each other.

Not blind: how often each database is right about tunnels (`likelihoods.ip.ACCURACY`), and how often
an exit only pretends, were taken from this very kind of sample. The lists were looked at and not
fitted to.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from benchmarks.accuracy.components.shares import share
from benchmarks.accuracy.exits import Exit, Known
from octet.service.atlas import Atlas
from octet.service.atlas.as_types import AsType
from octet.service.atlas.container import Array
from octet.service.engine.facts import Facts
from octet.service.engine.hypotheses import Transport, hypotheses
from octet.service.engine.likelihoods import Ip

DATABASES: Final = ("geo-whois-asn", "iptoasn", "DB-IP Lite")


def measure(atlas: Atlas, known: Known, rng: np.random.Generator) -> dict[str, Any]:
    """Return what databases, the vote and the rule say of real exits."""
    rows = atlas.country_row
    exits = [e for e in known.exits if e.country in rows and e.advertised in rows]
    host = np.array([rows[e.country] for e in exits])
    said = np.array([rows[e.advertised] for e in exits])
    votes, kinds, systems = atlas.addresses.look_up([e.address for e in exits])
    kinds_of = {"where they say": host == said, "only pretending": host != said}
    most = _majority(votes)
    told = {name: votes[:, at] for at, name in enumerate(DATABASES)}
    told |= {"most databases": most, "engine, as a tunnel's exit": _exit(atlas, exits)}
    disagree = np.array([len(set(row[row >= 0].tolist())) > 1 for row in votes])
    return {
        "exits": len(exits),
        "networks": len(set(systems.tolist())),
        "hosts": len(set(host.tolist())),
        "rows": [
            {
                "who": who,
                "exits": kind,
                "count": int(mask.sum()),
                "host": share(named[mask] == host[mask], systems[mask], rng),
                "advertised": share(named[mask] == said[mask], systems[mask], rng),
            }
            for kind, mask in kinds_of.items()
            for who, named in told.items()
        ],
        "disagree": {
            kind: share(disagree[mask], systems[mask], rng) for kind, mask in kinds_of.items()
        },
        "types": {kind.name.lower(): share(kinds == kind, systems, rng) for kind in AsType},
        "onLists": share(np.isin(systems, list(known.listed)), systems, rng),
        "lists": lists(atlas, known, rng),
    }


def lists(atlas: Atlas, known: Known, rng: np.random.Generator) -> dict[str, Any]:
    """Return how much of the lists the rule finds, and how much of what it finds is listed."""
    book = atlas.addresses
    listed = np.isin(book.as_number, list(known.listed))
    hosts = book.as_type == AsType.HOSTING
    each = np.arange(len(book.as_number))
    kinds = {kind.name.lower(): float((book.as_type[listed] == kind).mean()) for kind in AsType}
    return {
        "listed": len(known.listed),
        "inTables": int(listed.sum()),
        "hosting": int(hosts.sum()),
        "recall": share(hosts[listed], each[listed], rng),
        "precision": share(listed[hosts], each[hosts], rng),
        "kinds": kinds,
    }


def _majority(votes: Array) -> Array:
    """Return the country that most databases name, the first of equals; -1 for none."""
    named = [[int(vote) for vote in row if vote >= 0] for row in votes]
    return np.array([max(row, key=row.count) if row else -1 for row in named])


def _exit(atlas: Atlas, exits: Sequence[Exit]) -> Array:
    """Return the likeliest exit of a tunnel by the votes alone, -1 where none named is likeliest.

    P(x | votes) ∝ (hosting addresses of x)^¾ P(votes | x, VPN), with the rest of the world's exits
    beside those named.
    """
    facts = [Facts(source_ip=e.address, received_at_ms=0) for e in exits]
    found = Ip.of(atlas).votes(facts)
    popular = hypotheses(atlas).exits.mean(axis=0)
    popular = popular / popular.sum()
    named = np.maximum(found.named, 0)
    nats = found.at_named[:, Transport.VPN] + np.log(popular[named] + 1e-12)
    nats = np.where(found.named >= 0, nats, -np.inf)
    rest = np.maximum(1.0 - (popular[named] * (found.named >= 0)).sum(axis=1), 1e-12)
    elsewhere = found.elsewhere[:, Transport.VPN] + np.log(rest)
    best = nats.argmax(axis=1)
    rows = np.arange(len(best))
    return np.where(nats[rows, best] > elsewhere, found.named[rows, best], -1)
