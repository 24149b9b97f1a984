"""What workers may do, as a program: ``python -m tests.serving.worker_plays PLAY COUNT``."""

import logging
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import trio
from attrs import define, field

from octet.serving.listener import listen
from octet.serving.workers import (
    Worker,
    reserve_port,
    run_workers,
    share_port,
)

PATIENCE_S = 60
"""Then SIGALRM ends each process of a test, and whoever reads its pipe sees the end."""
TRIES = 200
"""Connections until each of two workers has had one: by chance it takes three."""


def say(*words: object) -> None:
    """Write one line, whole, to the pipe that all processes share."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


class LineServer:
    """A worker's server: answers each line with its process id, and drains."""

    def __init__(self, worker: Worker, port: int, tls: ssl.SSLContext | None) -> None:
        self._worker = worker
        self._port = port
        self._tls = tls

    def run(self) -> int:
        trio.run(self._run)
        return 0

    async def _run(self) -> None:
        listener = trio.SocketListener(
            trio.socket.from_stdlib_socket(listen("127.0.0.1", self._port, prepare=share_port))
        )
        kinds = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        with trio.open_signal_receiver(*kinds) as signals:
            async with trio.open_nursery() as handlers, trio.open_nursery() as accepting:
                accepting.start_soon(
                    partial(
                        trio.serve_listeners, self._handle, [listener], handler_nursery=handlers
                    )
                )
                self._worker.announce_ready()
                say("up", self._worker.index, os.getpid())
                async for number in signals:
                    say("got", signal.Signals(number).name, self._worker.index)
                    if number != signal.SIGHUP:
                        break
                accepting.cancel_scope.cancel()

    async def _handle(self, plain: trio.SocketStream) -> None:
        stream: trio.SocketStream | trio.SSLStream[trio.SocketStream] = plain
        if self._tls is not None:
            stream = trio.SSLStream(plain, self._tls, server_side=True, https_compatible=True)
        try:
            async with stream:
                while await stream.receive_some(64):
                    await stream.send_all(b"%d\n" % os.getpid())
        except trio.BrokenResourceError:
            pass


def raise_at_once(_: Worker) -> int:
    raise RuntimeError("top-secret")


def end_at_once(_: Worker) -> int:
    return 0


def never_ready(worker: Worker) -> int:
    say("up", worker.index, os.getpid())
    while True:
        signal.pause()


def deaf(worker: Worker) -> int:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    worker.announce_ready()
    return never_ready(worker)


def bad_end(worker: Worker) -> int:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(7))
    worker.announce_ready()
    return never_ready(worker)


def play(name: str, count: int, *files: str) -> int:
    """Be the parent of workers that behave as *name* says."""
    logging.basicConfig(level=logging.INFO)
    tls = None
    if files:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(*files)
    with reserve_port("127.0.0.1", 0) as reserved:
        port = reserved.getsockname()[1]

        def serve(worker: Worker) -> int:
            return LineServer(worker, port, tls).run()

        def one_fails(worker: Worker) -> int:
            return serve(worker) if worker.index else raise_at_once(worker)

        plays: dict[str, Callable[[Worker], int]] = {
            "serve": serve,
            "unannounced": serve,
            "one-fails": one_fails,
            "raise": raise_at_once,
            "end": end_at_once,
            "never-ready": never_ready,
            "deaf": deaf,
            "bad-end": bad_end,
        }

        def one(worker: Worker) -> int:
            signal.alarm(PATIENCE_S)
            return plays[name](worker)

        def all_ready() -> None:
            say("ready", port)
            if name == "unannounced":
                raise OSError

        signal.alarm(PATIENCE_S)
        return run_workers(
            count,
            one,
            all_ready=all_ready,
            forget=lambda index: say("forgot", index),
            restart_first_s=0.001,
            stop_s=0.2 if name == "deaf" else PATIENCE_S,
        )


@define(eq=False)
class Deployment:
    """A parent and what it and its workers say."""

    process: "subprocess.Popen[str]"
    said: list[str] = field(factory=list)

    def until(self, *words: object) -> list[str]:
        """Read until a line begins with *words*; return the rest of it."""
        assert self.process.stdout is not None
        start = " ".join(map(str, words))
        for line in self.process.stdout:
            self.said.append(line.strip())
            if self.said[-1].startswith(start):
                return self.said[-1][len(start) :].split()
        raise AssertionError(f"ended before {start!r}: {self.said}")

    def end(self) -> tuple[int, str]:
        """Read until every process has ended; return the parent's status and the log."""
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.said += map(str.strip, self.process.stdout)
        return self.process.wait(), self.process.stderr.read()


@contextmanager
def deployment(name: str, *arguments: object) -> Iterator[Deployment]:
    command = [sys.executable, "-m", "tests.serving.worker_plays", name, *map(str, arguments)]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        try:
            yield Deployment(process)
        finally:
            process.kill()


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)


def ask(connection: socket.socket) -> int:
    """Return the process at the other end."""
    connection.sendall(b"who\n")
    return int(connection.recv(64))


def every_pid(port: int, count: int) -> set[int]:
    """Connect until *count* processes have answered."""
    pids: set[int] = set()
    for _ in range(TRIES):
        with connect(port) as connection:
            pids.add(ask(connection))
        if len(pids) == count:
            break
    return pids


if __name__ == "__main__":
    sys.exit(play(sys.argv[1], int(sys.argv[2]), *sys.argv[3:]))
