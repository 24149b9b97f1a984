"""The verdict engine alone, by its own benchmark."""

import json
import subprocess
from collections.abc import Iterator
from typing import Final

from benchmarks.speed.loading import Outcome
from benchmarks.speed.machine import Machine
from benchmarks.speed.plan import Plan
from benchmarks.speed.servers import PYTHON, SERVER_CORE

ROUNDS: Final = 5
"""Of the engine's own benchmark, in each process."""


def engine(plan: Plan) -> Iterator[Outcome]:
    """The verdict engine alone, without a socket: `benchmarks/engine.py`, a process a round.

    Each process judges 320 fresh envelopes one by one and 320 in batches of 64, after 1,280 others
    that fill what it remembers of its edges. Beside it: the same sum without factoring (a part of a
    verdict, its evidence given), and the loop over all hypotheses that one would write first.
    """
    for number in range(1 if plan.quick else 5):
        path = plan.directory / "engine.json"
        command = [
            "taskset", "-c", SERVER_CORE, PYTHON, "-m", "benchmarks.engine",
            "--seed", str(plan.seed + number),
            "--rounds", str(1 if plan.quick else ROUNDS),
            "--output", str(path),
        ]  # fmt: skip
        before = Machine.now()
        subprocess.run(command, check=True, capture_output=True)
        found = json.loads(path.read_text(encoding="utf-8"))
        yield Outcome(
            program="engine",
            round=number,
            mode="engine",
            seconds=found["verdictAloneMs"]["p50"] / 1000,
            done=1,
            stolen=Machine.now().stolen_since(before),
            setting=found,
        )
