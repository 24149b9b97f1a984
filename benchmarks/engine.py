"""Measure the verdict engine on one core: alone, in batches, at start-up, and its memory.

    python -m benchmarks.engine [--seed N] [--rounds N] [--output FILE]

The envelopes carry every signal and observation of the contract; their addresses, zones, delays and
landmarks are drawn from a seed, and none is judged twice. The engine remembers how delays fit the
surroundings of its edges: it is measured once it has judged 1,280 others, and in its first batches
but one, too. Compared with it are the same sum over all hypotheses made without factoring
(`posterior.dense`, given the evidence), and the loop over every hypothesis that one would write
first. Times are of the process's own CPU, the smallest of the rounds as well as percentiles: a
machine that is busy otherwise shows in both. Nothing is asserted.
"""

import argparse
import itertools
import json
import math
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

# One core is what is measured; the library reads this when it is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from octet.schema import Envelope, decode
from octet.service.atlas import Atlas
from octet.service.config import DEFAULT_ATLAS
from octet.service.engine import Engine
from octet.service.engine.posterior import dense

SAMPLE = Path(__file__).parents[1] / "tests" / "data" / "envelope.json"
BATCH = 64
BATCHES_BEFORE = 20
EDGES = {"fra-1": (50.11, 8.68), "ams-1": (52.37, 4.90), "nyc-1": (40.71, -74.01)}
ZONES = ("Europe/Berlin", "Europe/London", "America/New_York", "Asia/Kolkata", "Asia/Tokyo")


def envelopes(count: int, rng: np.random.Generator) -> list[Envelope]:
    """Return envelopes that say all that one can say."""
    sample = json.loads(SAMPLE.read_text())
    return [_varied(sample, rng) for _ in range(count)]


def _varied(sample: dict[str, Any], rng: np.random.Generator) -> Envelope:
    raw = json.loads(json.dumps(sample))
    observed, signals = raw["observed"], raw["report"]["signals"]
    address = ".".join(map(str, rng.integers(1, 224, 4)))
    observed["sourceIp"] = observed["peerIp"] = address
    signals["timeZone"] = {"value": {"name": ZONES[rng.integers(len(ZONES))]}}
    kernel_us = int(rng.lognormal(10.0, 1.0))
    observed["tcp"] = {"minRttUs": kernel_us}
    marks = sorted(EDGES)[: 1 if rng.random() < 0.9 else len(EDGES)]  # noqa: PLR2004 - one in ten
    observed["latency"] = [
        {
            "edge": name,
            "lat": EDGES[name][0],
            "lon": EDGES[name][1],
            "sourceIp": address,
            "rttUs": [kernel_us + int(rng.lognormal(8.0, 0.5)) for _ in range(24)],
            "tcp": {"minRttUs": kernel_us},
            "at": raw["receivedAt"],
        }
        for name in marks
    ]
    return decode(Envelope, json.dumps(raw).encode())


def loop(engine: Engine, envelope: Envelope) -> float:
    """Sum over the hypotheses one by one, as one would write it first; return log Z."""
    found = engine.reason([envelope])
    tables = [part.log_prob()[0] for part in found.evidence]
    exits, priors = found.log_exit[0], found.hypotheses
    transports, slots, countries = exits.shape
    environments = priors.log_manner.shape[1]
    total = 0.0
    for s, e, k, c in itertools.product(
        range(transports), range(environments), range(slots), range(countries)
    ):
        nats = float(priors.log_country[c] + priors.log_manner[s, e] + exits[s, k, c])
        for table in tables:
            nats += float(
                table[
                    s % table.shape[0], e % table.shape[1], k % table.shape[2], c % table.shape[3]
                ]
            )
        total += math.exp(nats)
    return math.log(total)


def timed(work: Callable[[], object]) -> float:
    """Return the CPU seconds that *work* takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def quantiles(seconds: Sequence[float]) -> dict[str, float]:
    """Return milliseconds: least, median, 95 and 99 per cent."""
    table = np.array(seconds) * 1e3
    return {
        "min": round(float(table.min()), 4),
        **{f"p{q}": round(float(np.percentile(table, q)), 4) for q in (50, 95, 99)},
    }


def start_up() -> dict[str, float]:
    """Return what a fresh process takes to its first verdict, and its memory after it."""
    code = "from benchmarks.engine import first_verdict; first_verdict()"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def first_verdict() -> None:
    """Load, judge a batch, and print CPU seconds since the interpreter started, and MiB."""
    engine = Engine(Atlas.load(DEFAULT_ATLAS))
    ready_s = time.process_time()
    engine.judge(envelopes(BATCH, np.random.default_rng(1)))
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"readyCpuS": round(ready_s, 3), "peakMiB": round(peak_kib / 1024, 1)}))


def measure(seed: int, rounds: int) -> dict[str, Any]:
    """Return all figures."""
    engine = Engine(Atlas.load(DEFAULT_ATLAS))
    sample = envelopes(BATCH, np.random.default_rng(seed))
    engine.judge(sample)
    rng = np.random.default_rng(seed + 1)
    fresh = [envelopes(BATCH, rng) for _ in range(BATCHES_BEFORE)]
    before = [timed(lambda b=b: engine.judge(b)) / BATCH for b in fresh]  # type: ignore[misc]
    fresh = [envelopes(BATCH, rng) for _ in range(rounds)]
    batches = [timed(lambda b=b: engine.judge(b)) / BATCH for b in fresh]  # type: ignore[misc]
    fresh = [envelopes(BATCH, rng) for _ in range(rounds)]
    singles = [timed(lambda e=e: engine.judge([e])) for b in fresh for e in b]  # type: ignore[misc]
    found = [engine.reason([envelope]) for envelope in sample[:8]]
    full = [timed(lambda r=r: dense(r.hypotheses, r.log_exit, r.evidence)) for r in found]  # type: ignore[misc]
    naive = [timed(lambda e=e: loop(engine, e)) for e in sample[:2]]  # type: ignore[misc]
    return {
        "environment": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "machine": platform.machine(),
            "processors": os.cpu_count(),
            "load": round(os.getloadavg()[0], 2),
        },
        "seed": seed,
        "verdictAloneMs": quantiles(singles),
        "verdictInBatchOf64Ms": quantiles(batches),
        "verdictInFirstBatchesMs": quantiles(before[:rounds]),
        "fullSumMs": quantiles(full),
        "loopOverHypothesesMs": quantiles(naive),
        "startUp": start_up(),
    }


def main() -> None:
    """Measure and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--output", type=Path, help="where the figures go; standard output if not")
    options = parser.parse_args()
    text = json.dumps(measure(options.seed, options.rounds), indent=2) + "\n"
    if options.output is None:
        sys.stdout.write(text)
    else:
        options.output.write_text(text)


if __name__ == "__main__":
    main()
