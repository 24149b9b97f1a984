"""``python -m benchmarks.speed.profile KIND``: where the processor time of the edge goes.

    python -m benchmarks.speed.profile visits --for 10 --top 25 --under octet/edge/channel.py

Kinds: posts, singles (one at a time), posts-tls, h2 (both under TLS), visits, and batches (of the
service). The stacks are kept in `.build/profile/KIND.folded`, as flame graphs are drawn from. With
--under, only stacks with a frame whose name has that text count; shares stay those of all. Samples
come at the kernel's tick, 250 a second of processor time on most: ten seconds tell one per cent
from two, no finer.
"""

import argparse
import os
import signal
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from attrs import evolve, frozen

from benchmarks.speed.bodies import write_batches, write_bodies
from benchmarks.speed.loading import load
from benchmarks.speed.programs import OCTET, ROOT, SERVICE, stub
from benchmarks.speed.ratios import cost_us
from benchmarks.speed.servers import HEALTH, LOAD_CORE, PATH, PYTHON, Certificate, Program, serving
from tests.certificates import make_certificate

SAMPLER: Final = "benchmarks.speed.sampler"
SEED: Final = 1
Stack = tuple[str, ...]


@frozen(kw_only=True)
class Kind:
    """One load."""

    mode: str
    connections: int
    tls: bool = False
    alpn: str = "http/1.1"
    receipt: bool = False
    program: Program = OCTET
    module: str = "octet.edge.__main__"


KINDS: Final[Mapping[str, Kind]] = {
    "posts": Kind(mode="posts", connections=48),
    "singles": Kind(mode="posts", connections=1),
    "posts-tls": Kind(mode="posts", connections=48, tls=True),
    "h2": Kind(mode="h2", connections=48, tls=True, alpn="h2,http/1.1"),
    "visits": Kind(mode="visits", connections=16, tls=True, receipt=True),
    "batches": Kind(mode="posts", connections=4, program=SERVICE, module="octet.service.__main__"),
}


def main() -> None:
    """Take one profile and print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.profile")
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--for", dest="for_s", type=float, default=10.0, help="seconds")
    parser.add_argument("--top", type=int, default=25, help="rows of each table")
    parser.add_argument("--under", default="", help="only stacks with a frame that has this text")
    options = parser.parse_args()
    folded = ROOT / f".build/profile/{options.kind}.folded"
    folded.parent.mkdir(parents=True, exist_ok=True)
    each_us = take(KINDS[options.kind], folded, for_s=options.for_s)
    stacks = read(folded)
    print(f"{options.kind}: {each_us:.0f} µs of processor time each, with the sampler running")
    print(f"{sum(stacks.values())} samples in {folded.relative_to(ROOT)}\n")
    print(table(stacks, each_us, top=options.top, under=options.under))


def take(kind: Kind, folded: Path, *, for_s: float) -> float:
    """Load the program while it is sampled; return the processor time of an exchange, µs."""
    with tempfile.TemporaryDirectory() as directory_name:
        directory = Path(directory_name)
        made = make_certificate(directory)
        certificate = Certificate(chain=made.chain, key=made.key) if kind.tls else None
        bodies = directory / "bodies.jsonl"
        edge = kind.program is OCTET
        if edge:
            write_bodies(bodies, seed=SEED, receipt=kind.receipt)
        else:
            write_batches(bodies, seed=SEED, envelopes=64)
        sampled = evolve(
            kind.program, command=lambda _: [PYTHON, "-m", SAMPLER, str(folded), kind.module]
        )
        with (
            serving(stub(), "", directory, core=LOAD_CORE, health="/health") as upstream,
            serving(
                sampled,
                upstream.url.removesuffix(PATH).replace("localhost", "127.0.0.1"),
                directory,
                certificate=certificate,
                alpn=kind.alpn,
                health=HEALTH if edge else "/health",
            ) as server,
        ):
            target = server if edge else evolve(server, url=server.url.removesuffix(PATH))
            for begun in (False, True):
                if begun:
                    os.kill(server.pid, signal.SIGUSR2)
                outcome = load(
                    target,
                    kind.program.name,
                    mode=kind.mode,
                    bodies=bodies,
                    connections=kind.connections,
                    warm_s=0.2,
                    for_s=for_s if begun else 1.5,
                    ca=certificate.chain if certificate else None,
                )
    if not outcome.good:
        raise RuntimeError(f"the load failed: {dict(outcome.failed) or 'no answer'}")
    return cost_us(outcome)


def read(folded: Path) -> Counter[Stack]:
    """Return how often each stack was seen; its frames are ``file:function:line``."""
    found: Counter[Stack] = Counter()
    for line in folded.read_text(encoding="utf-8").splitlines():
        stack, _, count = line.rpartition(" ")
        found[tuple(stack.split(";"))] += int(count)
    return found


def table(stacks: Mapping[Stack, int], each_us: float, *, top: int, under: str = "") -> str:
    """Return four tables: by package, by function itself, with what it calls, and by line."""
    total = sum(stacks.values()) or 1
    chosen = {s: n for s, n in stacks.items() if not under or any(under in f for f in s)}
    counts: Mapping[str, Counter[str]] = {
        "package itself": Counter(),
        "function itself": Counter(),
        "function with what it calls": Counter(),
        "line itself": Counter(),
    }
    for stack, seen in chosen.items():
        counts["package itself"][_package(stack[-1])] += seen
        counts["function itself"][_function(stack[-1])] += seen
        counts["line itself"][stack[-1]] += seen
        for function in {_function(frame) for frame in stack}:
            counts["function with what it calls"][function] += seen
    return "\n".join(
        _rows(title, [row for row in count.most_common() if row[1] < total][:top], total, each_us)
        for title, count in counts.items()
    )


def _rows(title: str, rows: Iterable[tuple[str, int]], total: int, each_us: float) -> str:
    lines = [
        f"| {name} | {seen / total:.1%} | {seen / total * each_us:.1f} |" for name, seen in rows
    ]
    return "\n".join([f"| {title} | share | µs each |", "|---|---|---|", *lines, ""])


def _function(frame: str) -> str:
    return frame.rpartition(":")[0]


def _package(frame: str) -> str:
    """Return what a frame belongs to: a directory of ours, or a package of others."""
    path = frame.partition(":")[0].split("/")
    return "/".join(path[:2]) if path[0] == "octet" else path[0].removesuffix(".py")


if __name__ == "__main__":
    main()
