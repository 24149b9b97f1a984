"""What is measured of the service, through its socket."""

import http.client
import json
import random
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

from attrs import evolve

from benchmarks.speed.bodies import write_batches
from benchmarks.speed.licenses import write_keyring, write_licenses
from benchmarks.speed.loading import Outcome, load, outcome_of, polls
from benchmarks.speed.machine import Machine
from benchmarks.speed.plan import Plan
from benchmarks.speed.programs import SERVICE, service_on
from benchmarks.speed.servers import LOAD_CORE, PATH, Program, Server, resident_kib, serving
from benchmarks.speed.turns import WARM_S, turns
from tests.redis_server import RedisServer

BATCH: Final = 64
POSTERS: Final = 4
"""Posts of batches under way at once."""
READERS: Final = 16
POLLS: Final = (1000, 3000)
"""Held at once; the service's own bound is 4,096 a process."""
QUICK_POLLS: Final = (100,)
WAKES_PER_S: Final = 25.0
LICENSES: Final = 6000
"""More than the service remembers: in turn, each has been forgotten when it comes again."""


def service(plan: Plan) -> Iterator[Outcome]:
    """Verdicts of the service through its socket, in batches of 64, by where they are kept.

    Redis keeps what it acknowledges on disk where it says so, as the example for operators does.
    Its own processor time stands beside the service's.
    """
    write_batches(plan.batches, seed=plan.seed, envelopes=BATCH)
    with ExitStack() as stack:
        servers, stores = _on_stores(stack, plan, durable=True)
        for number, name, server in turns(plan.some(5).rounds, servers):
            yield load(
                server,
                name,
                mode="posts",
                bodies=plan.batches,
                connections=POSTERS,
                for_s=plan.for_s,
                warm_s=WARM_S,
                seed=plan.seed + number,
                round_number=number,
                beside=stores.get(name, 0),
                setting={"each": BATCH},
            )


def reads(plan: Plan) -> Iterator[Outcome]:
    """Reads of verdicts that are there, by where they are kept."""
    write_batches(plan.batches, seed=plan.seed, envelopes=BATCH)
    with ExitStack() as stack:
        servers, stores = _on_stores(stack, plan)
        references = _write_references(plan, list(servers.values()))
        plan.references.write_text("\n".join(references), encoding="ascii")
        for number, name, server in turns(plan.some(5).rounds, servers):
            yield load(
                server,
                name,
                mode="reads",
                bodies=plan.references,
                connections=READERS,
                for_s=min(plan.for_s, 3.0),
                warm_s=WARM_S,
                seed=plan.seed + number,
                round_number=number,
                beside=stores.get(name, 0),
            )


def long_polls(plan: Plan) -> Iterator[Outcome]:
    """Long polls held, each on a connection of its own, and how soon a verdict wakes one.

    First all wait, and nothing comes but their own asking again, each every ten seconds; then posts
    of one envelope arrive by a schedule, 25 a second. A wake-up's time begins when its post was due
    and ends when the backend has read the verdict: parsing, judging and signing are in it.
    """
    write_batches(plan.batches, seed=plan.seed, envelopes=1)
    counts = QUICK_POLLS if plan.quick else POLLS
    settings = [(False, count) for count in counts] + [(True, counts[0])]
    for number in range(1 if plan.quick else 2):
        for redis, count in settings:
            yield _hold(plan, number, count, redis=redis)


def licenses(plan: Plan) -> Iterator[Outcome]:
    """What a licence costs a post of one envelope: none asked, one remembered, always another one.

    The service remembers the signatures of 4,096 tokens; 6,000 licences come in turn, so that none
    is remembered when it comes again.
    """
    write_batches(plan.batches, seed=plan.seed, envelopes=1)
    keyring = write_keyring(plan.directory / "keyring.json")
    write_licenses(plan.licenses, keyring, 20 if plan.quick else LICENSES)
    one = plan.directory / "license"
    one.write_text(plan.licenses.read_text(encoding="ascii").partition("\n")[0], encoding="ascii")
    files = {"open": None, "remembered": one, "verified": plan.licenses}
    with ExitStack() as stack:
        asked = _start(
            stack, plan, service_on(name="service-keyring", keyring=plan.directory / "keyring.json")
        )
        servers = {"open": _start(stack, plan, SERVICE), "remembered": asked, "verified": asked}
        for number, name, server in turns(plan.some(5).rounds, servers):
            yield load(
                server,
                name,
                mode="posts",
                bodies=plan.batches,
                connections=POSTERS,
                licenses=files[name],
                for_s=min(plan.for_s, 3.0),
                warm_s=WARM_S,
                seed=plan.seed + number,
                round_number=number,
            )


def _on_stores(
    stack: ExitStack, plan: Plan, *, durable: bool = False
) -> tuple[dict[str, Server], dict[str, int]]:
    """Start a service on memory and on Redis; return also the processes of the latter's stores."""
    servers, pids = {SERVICE.name: _start(stack, plan, SERVICE)}, {}
    for kept in (False, True) if durable else (False,):
        store = stack.enter_context(_redis(durable=kept))
        program = service_on(
            store=store.url, name="service-redis-disk" if kept else "service-redis"
        )
        servers[program.name] = _start(stack, plan, program)
        pids[program.name] = _pid(store)
    return servers, pids


def _redis(*, durable: bool) -> RedisServer:
    return RedisServer("--server_cpulist", LOAD_CORE, durable=durable)


def _pid(store: RedisServer) -> int:
    said = store.cli("INFO", "server")
    return next(int(row.split(":")[1]) for row in said.splitlines() if row.startswith("process_id"))


def _start(stack: ExitStack, plan: Plan, program: Program) -> Server:
    server = stack.enter_context(serving(program, "", plan.directory, health="/health"))
    return evolve(server, url=server.url.removesuffix(PATH))


def _write_references(plan: Plan, servers: list[Server]) -> list[str]:
    """Post one batch to each of *servers*; return the references in it.

    Raises:
        RuntimeError: an envelope was refused.
    """
    source = random.Random(plan.seed)  # noqa: S311 - a seeded load, no secret
    text = plan.batches.read_text(encoding="utf-8").partition("\n")[0]
    text = text.replace("IDENTIFIER000000", f"{source.getrandbits(64):016x}")
    for server in servers:
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=30)
        connection.request("POST", "/v1/signals", text, {"content-type": "application/json"})
        results = json.load(connection.getresponse())["results"]
        connection.close()
        if not all(result["ok"] for result in results):
            raise RuntimeError("the service refused an envelope")
    return [envelope["sessionRef"] for envelope in json.loads(text)["envelopes"]]


def _hold(plan: Plan, number: int, count: int, *, redis: bool) -> Outcome:
    with ExitStack() as stack:
        program = SERVICE
        if redis:
            store = stack.enter_context(_redis(durable=False))
            program = service_on(store=store.url, name="service-redis")
        server = _start(stack, plan, program)
        load(  # the engine's own memory is no poll's
            server, "warm", mode="posts", bodies=plan.batches, connections=1, for_s=0.5, warm_s=0.1
        )
        machine, before_kib = Machine.now(), resident_kib(server.pid)
        with polls(
            server,
            count,
            rate=WAKES_PER_S,
            bodies=plan.batches,
            for_s=2.0 if plan.quick else 6.0,
            seed=plan.seed + number,
        ) as (held, wake):
            each_kib = (resident_kib(server.pid) - before_kib) / count
            raw = wake()
        if held < count:
            raise RuntimeError(f"only {held} of {count} long polls were held")
    return outcome_of(
        raw,
        f"{program.name}-{count}",
        round_number=number,
        stolen=Machine.now().stolen_since(machine),
        setting={
            "polls": count,
            "kibEach": each_kib,
            "wakesPerS": WAKES_PER_S,
            "holdShare": raw.get("holdSeconds", 0.0) / raw["seconds"],
        },
    )
