"""What is measured of the edge: one function a question, each yields windows of load.

In every section all programs run side by side and take turns, round by round, so that a machine
that changes its mind changes it for all of them.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from attrs import evolve

from benchmarks.speed.bodies import write_batches
from benchmarks.speed.loading import Outcome, idle, load
from benchmarks.speed.plan import Plan
from benchmarks.speed.programs import EDGES, GO_EDGE, OCTET, RELAYS, SERVICE, stub
from benchmarks.speed.servers import (
    LOAD_CORE,
    PATH,
    Program,
    Server,
    resident_kib,
    serving,
)

CONNECTIONS: Final = 48
VISITORS: Final = 16
PACED_CONNECTIONS: Final = 256
SHARES: Final = (0.1, 0.5, 0.8)
"""Of a program's own capacity, at which latency is measured."""
DELAYS_MS: Final = (0, 5, 50)
"""Of the upstream."""
CAPACITY_S: Final = 2.0
BATCH: Final = 64
POSTERS: Final = 4
"""Posts of batches under way at once."""
IDLE_CONNECTIONS: Final = 10_000
QUICK_IDLE_CONNECTIONS: Final = 500


def posts(plan: Plan) -> Iterator[Outcome]:
    """Posts a second of the server's processor time: HTTP/1.1, keep-alive, closed loop."""
    with ExitStack() as stack:
        upstream = _stub(stack, plan)
        servers = _all(stack, plan, {program.name: program for program in RELAYS}, upstream)
        for number, name, server in _turns(plan, servers):
            yield _posts(plan, number, name, server)


def visits(plan: Plan) -> Iterator[Outcome]:
    """Visits a second of the server's processor time: TLS, 24 volleys, a post by a second one."""
    with ExitStack() as stack:
        upstream = _stub(stack, plan)
        servers = {
            program.name: stack.enter_context(
                serving(program, upstream, plan.directory, certificate=plan.certificate)
            )
            for program in EDGES
        }
        for number, name, server in _turns(plan, servers):
            yield load(
                server,
                name,
                mode="visits",
                bodies=plan.visits,
                connections=VISITORS,
                for_s=plan.for_s,
                seed=plan.seed + number,
                round_number=number,
                ca=plan.certificate.chain,
            )


def latency(plan: Plan) -> Iterator[Outcome]:
    """Latency in an open loop, at shares of each program's own capacity, over upstream delays.

    A request's time begins when it was due; the load's own lag says how late it asked.
    """
    for delay_ms in DELAYS_MS:
        with ExitStack() as stack:
            upstream = _stub(stack, plan, delay_ms)
            programs = {program.name: program for program in EDGES}
            servers = _all(stack, plan, programs, upstream)
            capacity = {name: _capacity(plan, name, server) for name, server in servers.items()}
            for share in SHARES:
                for number, name, server in _turns(plan, servers):
                    yield load(
                        server,
                        name,
                        mode="paced",
                        bodies=plan.posts,
                        connections=PACED_CONNECTIONS,
                        for_s=plan.for_s,
                        rate=share * capacity[name],
                        seed=plan.seed + number,
                        round_number=number,
                        setting={
                            "share": share,
                            "delayMs": delay_ms,
                            "rate": share * capacity[name],
                        },
                    )


def idle_connections(plan: Plan) -> Iterator[Outcome]:
    """Memory and time of idle TLS connections, each of which had one answer."""
    count = QUICK_IDLE_CONNECTIONS if plan.quick else IDLE_CONNECTIONS
    with ExitStack() as stack:
        upstream = _stub(stack, plan)
        for number in range(1 if plan.quick else 3):
            for program in EDGES:
                certificate = plan.certificate
                with serving(program, upstream, plan.directory, certificate=certificate) as server:
                    before_kib = resident_kib(server.pid)
                    with idle(server, count, certificate.chain) as opened:
                        each_kib = (resident_kib(server.pid) - before_kib) / count
                yield Outcome(
                    program=program.name,
                    round=number,
                    mode="idle",
                    seconds=opened["seconds"],
                    done=opened["done"],
                    failed=opened["failed"] or {},
                    setting={"connections": count, "kibEach": each_kib},
                )


def workers(plan: Plan) -> Iterator[Outcome]:
    """What a post costs with one worker and with two, which share both cores with the load."""
    with ExitStack() as stack:
        upstream = _stub(stack, plan)
        servers = {
            f"workers-{count}": stack.enter_context(
                serving(
                    OCTET, upstream, plan.directory, workers=count, core="0,1" if count > 1 else "0"
                )
            )
            for count in (1, 2)
        }
        for number, name, server in _turns(plan, servers):
            yield _posts(plan, number, name, server)


def http2(plan: Plan) -> Iterator[Outcome]:
    """Posts under TLS: HTTP/2 beside HTTP/1.1."""
    with ExitStack() as stack:
        upstream = _stub(stack, plan)
        server = stack.enter_context(
            serving(
                OCTET,
                upstream,
                plan.directory,
                certificate=plan.certificate,
                alpn="h2,http/1.1",
            )
        )
        for number, mode, _ in _turns(plan, {"posts": server, "h2": server}):
            name = "h2" if mode == "h2" else "http/1.1"
            yield _posts(plan, number, name, server, mode=mode, ca=plan.certificate.chain)


def service(plan: Plan) -> Iterator[Outcome]:
    """Verdicts of the service through its socket, in batches of 64."""
    write_batches(plan.batches, seed=plan.seed, envelopes=BATCH)
    with serving(SERVICE, "", plan.directory, health="/health") as server:
        for number in range(plan.rounds):
            yield load(
                evolve(server, url=server.url.removesuffix(PATH)),
                SERVICE.name,
                mode="posts",
                bodies=plan.batches,
                connections=POSTERS,
                for_s=plan.for_s,
                seed=plan.seed + number,
                round_number=number,
                setting={"envelopes": BATCH},
            )


def cold_start(plan: Plan) -> Iterator[Outcome]:
    """From the start of a process to its first answer."""
    with ExitStack() as stack:
        upstream = _stub(stack, plan)
        for number in range(plan.rounds):
            for program in (OCTET, GO_EDGE):
                with serving(program, upstream, plan.directory) as server:
                    yield Outcome(
                        program=program.name,
                        round=number,
                        mode="cold-start",
                        seconds=server.ready_s,
                        done=1,
                    )


SECTIONS: Final[Mapping[str, Callable[[Plan], Iterator[Outcome]]]] = {
    "posts": posts,
    "visits": visits,
    "latency": latency,
    "idle": idle_connections,
    "workers": workers,
    "http2": http2,
    "service": service,
    "cold-start": cold_start,
}


def _stub(stack: ExitStack, plan: Plan, delay_ms: int = 0) -> str:
    """Start the stand-in of the service; return its base URL."""
    server = stack.enter_context(
        serving(stub(delay_ms), "", plan.directory, core=LOAD_CORE, health="/health")
    )
    return server.url.removesuffix(PATH).replace("localhost", "127.0.0.1")


def _all(
    stack: ExitStack, plan: Plan, programs: Mapping[str, Program], upstream: str
) -> Mapping[str, Server]:
    return {
        name: stack.enter_context(serving(program, upstream, plan.directory))
        for name, program in programs.items()
    }


def _posts(  # noqa: PLR0913 - whom, in which turn, how
    plan: Plan,
    number: int,
    name: str,
    server: Server,
    *,
    mode: str = "posts",
    ca: Path | None = None,
) -> Outcome:
    """Saturate *server* with posts for one window."""
    return load(
        server,
        name,
        mode=mode,
        bodies=plan.posts,
        connections=CONNECTIONS,
        for_s=plan.for_s,
        seed=plan.seed + number,
        round_number=number,
        ca=ca,
    )


def _turns(plan: Plan, servers: Mapping[str, Server]) -> Iterator[tuple[int, str, Server]]:
    """Go round by round through *servers*, each round beginning with another one."""
    names = list(servers)
    for number in range(plan.rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            yield number, name, servers[name]


def _capacity(plan: Plan, name: str, server: Server) -> float:
    """Return how many posts a second *server* answers when it has nothing else to do."""
    seen = load(
        server,
        name,
        mode="posts",
        bodies=plan.posts,
        connections=PACED_CONNECTIONS,
        for_s=CAPACITY_S,
    )
    return max(1.0, seen.done / seen.seconds)
