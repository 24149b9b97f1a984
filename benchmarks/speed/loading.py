"""Runs the load, and keeps what came of it small enough to be stored."""

import json
import math
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

from attrs import asdict, field, frozen

from benchmarks.speed.machine import Machine
from benchmarks.speed.programs import BUILT
from benchmarks.speed.servers import LOAD_CORE, Server

STEP: Final = 1.02
"""From one bucket of a histogram to the next: two per cent."""
PATIENCE_S: Final = 120


@frozen
class Histogram:
    """Times in buckets: bucket b counts those from STEP**b up to STEP**(b+1) microseconds."""

    counts: Mapping[int, int]

    @classmethod
    def of(cls, times_us: Iterable[int]) -> Self:
        """Count *times_us*; less than a microsecond is one."""
        return cls(Counter(math.floor(math.log(max(1, t), STEP)) for t in times_us))

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(self.counts.values())

    def quantile_us(self, share: float) -> float:
        """Return the time that *share* of all did not exceed, the upper end of its bucket."""
        left = share * self.total
        for bucket in sorted(self.counts):
            left -= self.counts[bucket]
            if left <= 0:
                return float(STEP ** (bucket + 1))
        return math.nan


@frozen(kw_only=True)
class Outcome:
    """One window of load on one server."""

    program: str
    round: int
    mode: str
    seconds: float
    done: int
    failed: Mapping[str, int] = field(factory=dict)
    processor_seconds: float = 0.0
    beside_seconds: float = 0.0
    """Processor time of the store beside the server."""
    latency: Histogram | None = None
    lag: Histogram | None = None
    """How late the load itself noticed that a request was due."""
    posts: Histogram | None = None
    """Of long polls: how long the posts took that ended them."""
    stolen: float = 0.0
    """Share of the machine's processor time that other guests of its host took meanwhile."""
    setting: Mapping[str, Any] = field(factory=dict)
    """What tells this window from others; ``each``: how many of what counts an exchange carries."""

    @property
    def good(self) -> bool:
        """Whether the window may be compared with others: all was answered, and something was."""
        return self.done > 0 and not self.failed

    def to_json(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return asdict(self)


def load(  # noqa: PLR0913 - one flag each
    server: Server,
    program: str,
    *,
    mode: str,
    bodies: Path,
    connections: int,
    for_s: float,
    warm_s: float = 1.0,
    rate: float = 0.0,
    seed: int = 1,
    round_number: int = 0,
    ca: Path | None = None,
    licenses: Path | None = None,
    beside: int = 0,
    setting: Mapping[str, Any] | None = None,
) -> Outcome:
    """Load *server* for a while.

    Raises:
        subprocess.SubprocessError: the load itself failed.
    """
    command = [
        *_command(server, mode, connections, ca),
        "-bodies", str(bodies),
        "-licenses", str(licenses or ""),
        "-rate", str(rate),
        "-warm", f"{warm_s}s",
        "-for", f"{for_s}s",
        "-pid", str(server.pid),
        "-beside", str(beside),
        "-seed", str(seed),
    ]  # fmt: skip
    before = Machine.now()
    done = subprocess.run(command, capture_output=True, check=True, timeout=PATIENCE_S + for_s)
    return outcome_of(
        json.loads(done.stdout),
        program,
        round_number=round_number,
        stolen=Machine.now().stolen_since(before),
        setting=setting or {},
    )


@contextmanager
def idle(server: Server, connections: int, ca: Path) -> Iterator[Mapping[str, Any]]:
    """Hold so many idle connections until the block ends; yield what became of them."""
    with _held(_command(server, "idle", connections, ca)) as process:
        yield _line(process)


@contextmanager
def polls(  # noqa: PLR0913 - one flag each
    server: Server, count: int, *, rate: float, bodies: Path, for_s: float, seed: int
) -> Iterator[tuple[int, Callable[[], Mapping[str, Any]]]]:
    """Have so many backends wait; yield how many do, and what to call to have verdicts come."""
    command = [
        *_command(server, "polls", count, None),
        "-bodies", str(bodies),
        "-rate", str(rate),
        "-warm", "0.5s",
        "-for", f"{for_s}s",
        "-pid", str(server.pid),
        "-seed", str(seed),
    ]  # fmt: skip

    with _held(command) as process:
        held = _line(process)["held"]

        def wake() -> Mapping[str, Any]:
            assert process.stdin is not None  # noqa: S101 - opened as a pipe
            process.stdin.write(b"\n")
            process.stdin.flush()
            return _line(process)

        yield held, wake


@contextmanager
def _held(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a load that waits for its input to end, or until it takes too long."""
    command = ["timeout", str(PATIENCE_S), *command]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            assert process.stdin is not None  # noqa: S101 - opened as a pipe above
            process.stdin.close()


def _line(process: subprocess.Popen[bytes]) -> Mapping[str, Any]:
    """Return the next line of a load.

    Raises:
        RuntimeError: it has ended instead.
    """
    assert process.stdout is not None  # noqa: S101 - opened as a pipe
    line = process.stdout.readline()
    if not line:
        raise RuntimeError("the load ended before its time")
    said: Mapping[str, Any] = json.loads(line)
    return said


def outcome_of(
    raw: Mapping[str, Any],
    program: str,
    *,
    round_number: int,
    setting: Mapping[str, Any],
    stolen: float = 0.0,
) -> Outcome:
    """Read the line that the load wrote."""
    more = {"waited": raw.get("waited"), "handshakes": raw.get("handshakes")}
    return Outcome(
        program=program,
        round=round_number,
        mode=raw["mode"],
        seconds=raw["seconds"],
        done=raw["done"],
        failed=raw["failed"] or {},
        processor_seconds=raw["processorSeconds"],
        beside_seconds=raw.get("besideSeconds", 0.0),
        latency=_histogram(raw.get("latencyUs")),
        lag=_histogram(raw.get("lagUs")),
        posts=_histogram(raw.get("postUs")),
        stolen=stolen,
        setting={**setting, **{name: value for name, value in more.items() if value}},
    )


def _histogram(times_us: Sequence[int] | None) -> Histogram | None:
    return Histogram.of(times_us) if times_us else None


def _command(server: Server, mode: str, connections: int, ca: Path | None) -> Sequence[str]:
    command = [
        "taskset", "-c", LOAD_CORE, str(BUILT / "load"),
        "-mode", mode,
        "-url", server.url,
        "-connections", str(connections),
    ]  # fmt: skip
    return [*command, "-ca", str(ca)] if ca else command
