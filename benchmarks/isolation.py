"""Compare how long *pending* takes: for references unknown, expired, foreign, of the test world.

    python -m benchmarks.isolation [--reads N]

One service of this process's on a real socket, one client, the kinds of reference shuffled. For
each kind the distribution of its times is compared with that of unknown references: the largest
distance of the two cumulative shares (Kolmogorov–Smirnov) beside what chance alone exceeds once in
a hundred times; and the same for two halves of the unknown ones, which is this machine's own noise.
JSON on standard output; nothing is asserted: who reads it decides.
"""

import argparse
import json
import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx
import numpy as np
import trio

from octet.service.app import create_app
from octet.service.config import ServiceConfig
from octet.service.credentials import Kind
from octet.service.stores import Stores
from octet.service.verdicts import MemoryStore
from octet.serving import ServerSettings, listen, serve
from tests.service.fakes import NOW_MS, Cupboard, ScriptedJudge, batch, raw_envelope

SEED: Final = 4
HELD: Final = 500
"""References of each kind."""
KINDS: Final = ("unknown", "expired", "foreign", "otherWorld")
QUANTILES: Final = (50, 95, 99)
CHANCE: Final = 1.628
"""Of Kolmogorov's distribution, one in a hundred."""


class House:
    """The service, and what stands in it."""

    def __init__(self, directory: Path) -> None:
        cupboard = Cupboard(directory / "keyring.json")
        self.now_s = 0.0
        self.licences = {
            "expired": cupboard.issue(),
            "foreign": cupboard.issue(partner="other"),
            "otherWorld": cupboard.issue(live=False),
        }
        self.key = {"x-octet-partner-key": cupboard.issue(Kind.PARTNER)}
        self.config = ServiceConfig(keyring=cupboard.file.path)
        self.store = MemoryStore(ttl_s=600, now=lambda: self.now_s)

    async def serve(self, *, task_status: trio.TaskStatus[str]) -> None:
        """Serve on a free port."""
        stores = Stores(verdicts=self.store)
        app = create_app(self.config, ScriptedJudge(), stores=stores, epoch_ms=lambda: NOW_MS)
        await serve(
            app,
            listen("127.0.0.1", 0),
            ServerSettings(),
            shutdown=trio.sleep_forever,
            task_status=task_status,
        )

    async def fill(self, client: httpx.AsyncClient) -> None:
        """Have references of every kind; those of one have expired by the end."""
        for kind, licence in self.licences.items():
            headers = {"x-octet-license": licence, "content-type": "application/json"}
            refs = [ref(kind, number) for number in range(HELD)]
            for start in range(0, HELD, 50):
                raws = [raw_envelope(f"{kind}-{r}", ref=r) for r in refs[start : start + 50]]
                posted = await client.post("/v1/signals", content=batch(*raws), headers=headers)
                posted.raise_for_status()
            if kind == "expired":
                self.now_s += 601


def ref(kind: str, number: int) -> str:
    """Return a reference, as long as all others."""
    return f"sess_{kind:_<12}{number:08}"


async def measure(reads: int) -> dict[str, list[float]]:
    """Return the times of reads by kind, microseconds."""
    rng = random.Random(SEED)  # noqa: S311 - not a secret
    order = [kind for kind in KINDS for _ in range(reads)]
    rng.shuffle(order)
    found: dict[str, list[float]] = {kind: [] for kind in KINDS}
    with tempfile.TemporaryDirectory() as directory:
        house = House(Path(directory))
        async with trio.open_nursery() as nursery:
            url = await nursery.start(house.serve)
            async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as client:
                await house.fill(client)
                for kind in KINDS * 50:  # until all is warm
                    await read(client, house.key, kind, 0)
                for kind in order:
                    found[kind].append(await read(client, house.key, kind, rng.randrange(HELD)))
            nursery.cancel_scope.cancel()
    return found


async def read(client: httpx.AsyncClient, key: Mapping[str, str], kind: str, number: int) -> float:
    """Return how long one read takes, microseconds."""
    path = f"/v1/verdict/{ref(kind, number)}"
    begun_ns = time.perf_counter_ns()
    response = await client.get(path, headers=key)
    took_us = (time.perf_counter_ns() - begun_ns) / 1000
    if response.status_code != httpx.codes.NOT_FOUND:
        raise SystemExit(f"{kind} was answered {response.status_code}")
    return took_us


def distance(one: Sequence[float], two: Sequence[float]) -> float:
    """Return the largest distance of two cumulative shares."""
    places = np.sort(np.concatenate([one, two]))
    first = np.searchsorted(np.sort(one), places, side="right") / len(one)
    second = np.searchsorted(np.sort(two), places, side="right") / len(two)
    return float(np.abs(first - second).max())


def chance(one: int, two: int) -> float:
    """Return the distance that chance exceeds once in a hundred times."""
    return CHANCE * float(np.sqrt((one + two) / (one * two)))


def report(times: Mapping[str, list[float]]) -> dict[str, Any]:
    """Return what was found."""
    unknown = times["unknown"]
    halves = unknown[::2], unknown[1::2]
    quantiles = {kind: np.percentile(took, QUANTILES).round(1) for kind, took in times.items()}
    return {
        "environment": {
            "python": platform.python_version(),
            "system": platform.platform(),
            "cores": os.cpu_count(),
            "load1m": os.getloadavg()[0],
        },
        "reads": len(unknown),
        "us": {
            kind: dict(zip(map("p{}".format, QUANTILES), found.tolist(), strict=True))
            for kind, found in quantiles.items()
        },
        "noise": {"ks": round(distance(*halves), 4), "chance": round(chance(*map(len, halves)), 4)},
        "fromUnknown": {
            kind: {
                "ks": round(distance(unknown, took), 4),
                "chance": round(chance(len(unknown), len(took)), 4),
                "medianUs": round(float(np.median(took) - np.median(unknown)), 2),
            }
            for kind, took in times.items()
            if kind != "unknown"
        },
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reads", type=int, default=4000, help="of each kind")
    options = parser.parse_args()
    times = trio.run(partial(measure, options.reads))
    json.dump(report(times), sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
