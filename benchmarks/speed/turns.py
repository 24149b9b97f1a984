"""All programs of a section run side by side and take turns, round by round.

So a machine that changes its mind changes it for all of them.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from benchmarks.speed.loading import Outcome, load
from benchmarks.speed.plan import Plan
from benchmarks.speed.programs import stub
from benchmarks.speed.servers import LOAD_CORE, PATH, Program, Server, serving

CONNECTIONS: Final = 48
WARM_S: Final = 0.5


def turns(rounds: int, servers: Mapping[str, Server]) -> Iterator[tuple[int, str, Server]]:
    """Go round by round through *servers*, each round beginning with another one."""
    names = list(servers)
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            yield number, name, servers[name]


def start_stub(stack: ExitStack, plan: Plan, delay_ms: int = 0) -> Server:
    """Start the stand-in of the service, on the load's core."""
    return stack.enter_context(
        serving(stub(delay_ms), "", plan.directory, core=LOAD_CORE, health="/health")
    )


def base_of(server: Server) -> str:
    """Return the URL under which an edge reaches *server*."""
    return server.url.removesuffix(PATH).replace("localhost", "127.0.0.1")


def start_all(
    stack: ExitStack, plan: Plan, programs: tuple[Program, ...], upstream: str, *, tls: bool = False
) -> dict[str, Server]:
    """Start *programs*; they stand by their names."""
    certificate = plan.certificate if tls else None
    return {
        program.name: stack.enter_context(
            serving(program, upstream, plan.directory, certificate=certificate)
        )
        for program in programs
    }


def window(  # noqa: PLR0913 - whom, in which turn, how
    plan: Plan,
    number: int,
    name: str,
    server: Server,
    *,
    mode: str = "posts",
    connections: int = CONNECTIONS,
    bodies: Path | None = None,
    ca: Path | None = None,
    each: int = 1,
) -> Outcome:
    """Saturate *server* for one window: closed loop."""
    return load(
        server,
        name,
        mode=mode,
        bodies=bodies or plan.posts,
        connections=connections,
        for_s=plan.for_s,
        warm_s=WARM_S,
        seed=plan.seed + number,
        round_number=number,
        ca=ca,
        setting={"each": each},
    )
