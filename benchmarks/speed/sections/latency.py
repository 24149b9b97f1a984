"""Latency in an open loop."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from math import ceil
from typing import Final

from benchmarks.speed.loading import Outcome, load
from benchmarks.speed.plan import Plan
from benchmarks.speed.programs import EDGES
from benchmarks.speed.servers import Server
from benchmarks.speed.turns import WARM_S, base_of, start_all, start_stub, turns

ROUNDS: Final[Mapping[float, int]] = {0.1: 3, 0.5: 7, 0.8: 3}
"""By the share of a program's own capacity at which latency is measured."""
SHARES: Final = tuple(ROUNDS)
DELAYS_MS: Final = (0, 5, 50)
"""Of the upstream."""
DIRECT: Final = "direct"
"""The upstream itself, without an edge, at the load of the first edge."""
CAPACITY_S: Final = 2.0
QUICK_CAPACITY_S: Final = 1.0
CAPACITY_CONNECTIONS: Final = 48
CAPACITY_CONNECTIONS_PER_MS: Final = 6
"""As many more as the upstream takes longer, so that it never is what bounds."""
FEWEST_CONNECTIONS: Final = 64
MOST_CONNECTIONS: Final = 1500
FOR_S: Final = 3.0
OPENING_S: Final = 2.5
"""Before a window: opening its hundreds of connections leaves some programs with a backlog, which
is no latency of those that are open, and which `visits` counts."""
LAG_SHARE: Final = 0.25
"""Of what was measured at a quantile, may be the load's own lag at the same quantile."""


def latency(plan: Plan) -> Iterator[Outcome]:
    """Latency in an open loop, at shares of each program's own capacity, over upstream delays.

    Requests arrive at random by a schedule, whatever becomes of those before; a request's time
    begins when it was due, so nothing is left out when a server stalls (no coordinated omission).
    A program's capacity is what a core of its own processor time could answer, measured in a closed
    loop just before. Its connections have been open, and asked, for 2.5 s when a window begins.
    *Direct* is the upstream itself, asked as often as the first program: what no edge can be faster
    than.
    """
    for delay_ms in DELAYS_MS:
        with ExitStack() as stack:
            upstream = start_stub(stack, plan, delay_ms)
            edges = start_all(stack, plan, EDGES, base_of(upstream))
            servers = {**edges, DIRECT: upstream}
            for share, rounds in ROUNDS.items():
                capacity = {
                    name: _capacity(plan, name, server, delay_ms) for name, server in edges.items()
                }
                capacity[DIRECT] = capacity[EDGES[0].name]
                for number, name, server in turns(1 if plan.quick else rounds, servers):
                    yield _paced(
                        plan,
                        number,
                        name,
                        server,
                        share=share,
                        delay_ms=delay_ms,
                        rate=share * capacity[name],
                    )


def lagged(outcome: Outcome, quantile: float = 0.99) -> bool:
    """Return whether the load was so late itself that its lag is much of what it measured."""
    if outcome.lag is None or outcome.latency is None:
        return False
    return outcome.lag.quantile_us(quantile) > LAG_SHARE * outcome.latency.quantile_us(quantile)


def timely(outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
    """Return the windows whose load was in time; all of them where it never was."""
    return [o for o in outcomes if not lagged(o)] or outcomes


def _paced(  # noqa: PLR0913 - whom, in which turn, how
    plan: Plan,
    number: int,
    name: str,
    server: Server,
    *,
    share: float,
    delay_ms: int,
    rate: float,
) -> Outcome:
    # Little's law, with room for a server that takes three times as long, and for its stalls.
    under_way = rate * (delay_ms + 5) / 1000
    connections = min(MOST_CONNECTIONS, max(FEWEST_CONNECTIONS, ceil(3 * under_way)))
    return load(
        server,
        name,
        mode="paced",
        bodies=plan.posts,
        connections=connections,
        for_s=min(plan.for_s, FOR_S),
        warm_s=WARM_S if plan.quick else OPENING_S,
        rate=rate,
        seed=plan.seed + number,
        round_number=number,
        setting={"share": share, "delayMs": delay_ms, "rate": rate, "connections": connections},
    )


def _capacity(plan: Plan, name: str, server: Server, delay_ms: int) -> float:
    """Return how many posts a second of its processor time *server* answers.

    Raises:
        RuntimeError: it failed some.
    """
    seen = load(
        server,
        name,
        mode="posts",
        bodies=plan.posts,
        connections=CAPACITY_CONNECTIONS + CAPACITY_CONNECTIONS_PER_MS * delay_ms,
        for_s=QUICK_CAPACITY_S if plan.quick else CAPACITY_S,
        warm_s=WARM_S,
    )
    if not seen.good:
        raise RuntimeError(f"{name} has no capacity: {dict(seen.failed) or 'no answer'}")
    return seen.done / seen.processor_seconds
