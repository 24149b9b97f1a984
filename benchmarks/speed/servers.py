"""The programs under load: each starts on a free port, pinned to a core, and is ended."""

import http.client
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from attrs import frozen

SERVER_CORE: Final = "0"
LOAD_CORE: Final = "1"
READY_S: Final = 30.0
POLL_S: Final = 0.002
END_S: Final = 10.0
PATH: Final = "/octet"
HEALTH: Final = f"{PATH}/health"


@frozen(kw_only=True)
class Certificate:
    """Of ``localhost``, PEM files."""

    chain: Path
    key: Path


@frozen(kw_only=True)
class Start:
    """What a program needs to know to start."""

    port: int
    upstream: str
    directory: Path
    certificate: Certificate | None = None
    workers: int = 1
    alpn: str = "http/1.1"


@frozen(kw_only=True)
class Program:
    """How to start one."""

    name: str
    title: str
    command: Callable[[Start], Sequence[str]]
    variables: Callable[[Start], Mapping[str, str]] = lambda _: {}


@frozen(kw_only=True)
class Server:
    """One that runs."""

    url: str
    pid: int
    ready_s: float
    """From its start to its first answer."""


def free_port() -> int:
    """Return a port that was free a moment ago; not every peer can take port 0 and say which."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def serving(  # noqa: PLR0913 - what, before what, how, where
    program: Program,
    upstream: str,
    directory: Path,
    *,
    certificate: Certificate | None = None,
    workers: int = 1,
    alpn: str = "http/1.1",
    core: str = SERVER_CORE,
    health: str = HEALTH,
) -> Iterator[Server]:
    """Run *program* until the block ends.

    Raises:
        RuntimeError: it did not answer within `READY_S`.
    """
    start = Start(
        port=free_port(),
        upstream=upstream,
        directory=directory,
        certificate=certificate,
        workers=workers,
        alpn=alpn,
    )
    command = ["taskset", "-c", core, *program.command(start)]
    variables = {**os.environ, "GOMAXPROCS": "1", **program.variables(start)}
    log = directory / f"{program.name}.log"
    with log.open("wb") as sink:
        began_s = time.monotonic()
        process = subprocess.Popen(command, env=variables, stdout=sink, stderr=sink)
        try:
            _await_answer(process, start, health, log)
            scheme = "https" if certificate else "http"
            yield Server(
                url=f"{scheme}://localhost:{start.port}{PATH}",
                pid=process.pid,
                ready_s=time.monotonic() - began_s,
            )
        finally:
            process.terminate()
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await_answer(process: subprocess.Popen[bytes], start: Start, health: str, log: Path) -> None:
    until_s = time.monotonic() + READY_S
    while time.monotonic() < until_s and process.poll() is None:
        if _answers(start, health):
            return
        time.sleep(POLL_S)  # nothing tells when a strange program is ready but asking it
    said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise RuntimeError(f"{process.args!r} did not answer:\n{said}")


def _answers(start: Start, health: str) -> bool:
    connection: http.client.HTTPConnection
    if start.certificate:
        context = ssl.create_default_context(cafile=start.certificate.chain)
        connection = http.client.HTTPSConnection(
            "localhost", start.port, timeout=5, context=context
        )
    else:
        connection = http.client.HTTPConnection("127.0.0.1", start.port, timeout=5)
    try:
        connection.request("GET", health)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def resident_kib(pid: int) -> int:
    """Return the proportional set size of *pid* and all its descendants, KiB."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    own = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    children = [child for file in lists for child in file.read_text().split()]
    return own + sum(resident_kib(int(child)) for child in children)


PYTHON: Final = sys.executable
