"""What is measured of the edge beside its peers: one function a question, each yields windows."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

from attrs import evolve

from benchmarks.speed.loading import Outcome, idle
from benchmarks.speed.plan import Plan
from benchmarks.speed.programs import EDGES, GO_EDGE, OCTET, RELAYS, SERVICE
from benchmarks.speed.servers import HEALTH, Program, resident_kib, serving
from benchmarks.speed.turns import CONNECTIONS, base_of, start_all, start_stub, turns, window

VISITORS: Final = 16
FLOODERS: Final = 4
ABORTED: Final = 32
"""Requests that a flooder of HTTP/2 aborts on one connection; ``aborted`` in load/flood.go."""
IDLE_CONNECTIONS: Final = 10_000
QUICK_IDLE_CONNECTIONS: Final = 500
BOTH: Final = "h2,http/1.1"


def posts(plan: Plan) -> Iterator[Outcome]:
    """Posts a second of the server's processor time: HTTP/1.1, keep-alive, closed loop."""
    with ExitStack() as stack:
        upstream = base_of(start_stub(stack, plan))
        servers = start_all(stack, plan, RELAYS, upstream)
        for number, name, server in turns(plan.rounds, servers):
            yield window(plan, number, name, server)


def visits(plan: Plan) -> Iterator[Outcome]:
    """Visits a second of the server's processor time.

    A visit is a TLS handshake, a latency channel of 24 volleys, and a post with its receipt on a
    second connection, which resumes the first one's TLS session.
    """
    with ExitStack() as stack:
        upstream = base_of(start_stub(stack, plan))
        servers = start_all(stack, plan, EDGES, upstream, tls=True)
        for number, name, server in turns(plan.more(9).rounds, servers):
            yield window(
                plan,
                number,
                name,
                server,
                mode="visits",
                connections=VISITORS,
                bodies=plan.visits,
                ca=plan.certificate.chain,
            )


def idle_connections(plan: Plan) -> Iterator[Outcome]:
    """Memory and time of idle TLS connections, each of which had one answer."""
    count = QUICK_IDLE_CONNECTIONS if plan.quick else IDLE_CONNECTIONS
    with ExitStack() as stack:
        upstream = base_of(start_stub(stack, plan))
        for number in range(1 if plan.quick else 3):
            for program in EDGES:
                yield _idle(plan, number, program, upstream, count)


def _idle(plan: Plan, number: int, program: Program, upstream: str, count: int) -> Outcome:
    certificate = plan.certificate
    with serving(program, upstream, plan.directory, certificate=certificate) as server:
        before_kib = resident_kib(server.pid)
        with idle(server, count, certificate.chain) as opened:
            each_kib = (resident_kib(server.pid) - before_kib) / count
    return Outcome(
        program=program.name,
        round=number,
        mode="idle",
        seconds=opened["seconds"],
        done=opened["done"],
        failed=opened["failed"] or {},
        setting={"connections": count, "kibEach": each_kib},
    )


def workers(plan: Plan) -> Iterator[Outcome]:
    """What a post costs with one worker and with two, which share both cores with the load.

    With two, 48 connections are 24 a worker, so batches are smaller; with 96 they are as before.
    """
    with ExitStack() as stack:
        upstream = base_of(start_stub(stack, plan))
        one, two = (
            stack.enter_context(serving(OCTET, upstream, plan.directory, workers=count, core=core))
            for count, core in ((1, "0"), (2, "0,1"))
        )
        servers = {"workers-1": one, "workers-2": two, "workers-2-96": two}
        for number, name, server in turns(plan.more(9).rounds, servers):
            connections = CONNECTIONS * (2 if name == "workers-2-96" else 1)
            yield window(plan, number, name, server, connections=connections)


def http2(plan: Plan) -> Iterator[Outcome]:
    """Posts under TLS: HTTP/2 beside HTTP/1.1, on connections that stay.

    HTTP/2 has 8 connections of 6 streams each, HTTP/1.1 has 48 connections.
    """
    ca = plan.certificate.chain
    with ExitStack() as stack:
        upstream = base_of(start_stub(stack, plan))
        servers = {
            f"{program.name}-{mode}": server
            for program in EDGES
            for server in [
                stack.enter_context(
                    serving(
                        program, upstream, plan.directory, certificate=plan.certificate, alpn=BOTH
                    )
                )
            ]
            for mode in ("h1", "h2")
        }
        for number, name, server in turns(plan.some(5).rounds, servers):
            mode = "h2" if name.endswith("h2") else "posts"
            yield window(plan, number, name, server, mode=mode, ca=ca)


def flood(plan: Plan) -> Iterator[Outcome]:
    """What a request costs that a flooder begins and never ends, its share of TLS included.

    In HTTP/1.1 each takes a connection; in HTTP/2 a connection takes 32, each reset at once
    (CVE-2023-44487). All connections but a flooder's first resume its TLS session.
    """
    short = evolve(plan, for_s=3.0)
    with ExitStack() as stack:
        upstream = base_of(start_stub(stack, plan))
        servers = {
            f"{program.name}-{mode}": server
            for program in EDGES
            for server in [
                stack.enter_context(
                    serving(
                        program, upstream, plan.directory, certificate=plan.certificate, alpn=BOTH
                    )
                )
            ]
            for mode in ("flood-h1", "flood-h2")
        }
        for number, name, server in turns(1 if plan.quick else 3, servers):
            mode = name[name.index("flood") :]
            yield window(
                short,
                number,
                name,
                server,
                mode=mode,
                connections=FLOODERS,
                ca=plan.certificate.chain,
                each=ABORTED if mode == "flood-h2" else 1,
            )


def cold_start(plan: Plan) -> Iterator[Outcome]:
    """From the start of a process to its first answer."""
    with ExitStack() as stack:
        upstream = base_of(start_stub(stack, plan))
        for number in range(plan.rounds):
            for program in (OCTET, GO_EDGE, SERVICE):
                health = "/health" if program is SERVICE else HEALTH
                with serving(program, upstream, plan.directory, health=health) as server:
                    yield Outcome(
                        program=program.name,
                        round=number,
                        mode="cold-start",
                        seconds=server.ready_s,
                        done=1,
                    )
