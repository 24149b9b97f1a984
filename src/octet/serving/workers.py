"""Several processes that share one port, and the parent that minds them.

The parent forks before any event loop runs and after all that workers share was made: the TLS
context, whose ticket keys then open on every worker what any of them sealed, and shared memory.
It serves nothing itself; it starts workers, starts them again, passes signals on and waits.

A fork takes the parent's signal handlers along, so signals are blocked around it, until the child
has put its own in place: one that arrives in between is not lost. A worker leaves the terminal's
process group, because else a Ctrl-C would reach it twice, from the terminal and from the parent,
and the second one would cut the drain short. It asks the kernel to be told when the parent dies.
"""

import contextlib
import ctypes
import logging
import os
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

from attrs import define, field, frozen

from octet.serving.failure import describe
from octet.serving.listener import bind

logger = logging.getLogger(__name__)

RESTART_FIRST_S: Final = 0.1
"""Before a worker that died is started again; twice as long each time, up to `RESTART_MAX_S`."""
RESTART_MAX_S: Final = 5.0
MAX_RESTARTS: Final = 5
"""In a row; a worker that dies once more ends them all."""
STEADY_S: Final = 60.0
"""A worker that lived for so long begins a new row with its death."""
STOP_S: Final = 60.0
"""After the signal to end, workers that are still there are killed; their own drain is shorter."""

EXIT_FAILED: Final = 1

_ENDING: Final = frozenset({signal.SIGTERM, signal.SIGINT})
_PASSED_ON: Final = _ENDING | {signal.SIGHUP}
_MINDED: Final = _PASSED_ON | {signal.SIGCHLD}
_PID: Final = struct.Struct("=q")
_PR_SET_PDEATHSIG: Final = 1


@frozen
class Worker:
    """One worker, as it knows itself."""

    index: int
    """From 0; a successor has that of the worker whose place it takes."""
    _ready_fd: int

    def announce_ready(self) -> None:
        """Tell the parent that requests are served here now."""
        os.write(self._ready_fd, _PID.pack(os.getpid()))


def share_port(sock: socket.socket) -> None:
    """Let other processes of this user bind the same port; before the socket is bound."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)


def reserve_port(host: str, port: int) -> socket.socket:
    """Bind *host* and *port*, 0 for a free one, without listening: no connection ever comes here.

    The parent holds it, so that one number is known before the first worker and stays the same.

    Raises:
        OSError: the address cannot be resolved, or is taken.
    """
    return bind(host, port, prepare=share_port)


def run_workers(  # noqa: PLR0913 - two callbacks, two times
    count: int,
    serve_worker: Callable[[Worker], int],
    *,
    all_ready: Callable[[], None] = lambda: None,
    forget: Callable[[int], None] = lambda _: None,
    restart_first_s: float = RESTART_FIRST_S,
    stop_s: float = STOP_S,
) -> int:
    """Run *count* workers until a signal ends them; return the exit status.

    SIGTERM and SIGINT are passed on and the end of every worker is awaited; SIGHUP is passed on,
    and ignored by a worker that does not handle it.

    Args:
        count: at least 1.
        serve_worker: runs in each forked process; returns its exit status. It handles SIGTERM and
            SIGINT before it announces that it is ready.
        all_ready: called in the parent, once, when all workers are ready.
        forget: called in the parent with the index of each worker that has ended.
        restart_first_s: see `RESTART_FIRST_S`.
        stop_s: see `STOP_S`.

    Returns:
        0 when all ended well after a signal; `EXIT_FAILED` when a worker kept dying, did not end
        well, or had to be killed.

    Timeout: `STOP_S` owns the end; before it there is none.
    """
    with _signals() as inbox:
        parent = _Parent(
            slots=[_Slot(index, Restarts(restart_first_s)) for index in range(count)],
            serve_worker=serve_worker,
            all_ready=all_ready,
            forget=forget,
            stop_s=stop_s,
            inbox=inbox,
        )
        return parent.run()


@define
class Restarts:
    """Whether and when a worker that died is started again."""

    _first_s: float = RESTART_FIRST_S
    _row: int = 0

    def after(self, lived_s: float) -> float | None:
        """Return how long to wait after a life of *lived_s*; None: not again."""
        self._row = 1 if lived_s >= STEADY_S else self._row + 1
        if self._row > MAX_RESTARTS:
            return None
        return min(RESTART_MAX_S, self._first_s * 2.0 ** (self._row - 1))


@define(eq=False)
class _Slot:
    """The place of one worker and its successors."""

    index: int
    restarts: Restarts
    pid: int | None = None
    ready: bool = False
    started_s: float = 0.0
    start_at_s: float = 0.0
    """When there is no process: when to start one."""


@define(eq=False, kw_only=True)
class _Parent:
    slots: list[_Slot]
    serve_worker: Callable[[Worker], int]
    all_ready: Callable[[], None]
    forget: Callable[[int], None]
    stop_s: float
    inbox: socket.socket
    """Gets a byte for each signal that arrives."""
    ready_pipe: tuple[int, int] = field(factory=os.pipe)
    announced: bool = False
    kill_at_s: float | None = None
    """While it ends: when patience ends."""
    status: int = 0

    def run(self) -> int:
        os.set_blocking(self.ready_pipe[0], False)
        try:
            self._start_due()
            while self._running() or self.kill_at_s is None:
                self._await_events()
                self._read_signals()  # before reaping: a later death leaves its byte for next time
                self._read_ready()
                self._reap()
                self._kill_overdue()
                self._start_due()
        finally:
            self._send(signal.SIGTERM)  # to nobody, unless something of ours failed
            for end in self.ready_pipe:
                os.close(end)
        return self.status

    def _running(self) -> list[tuple[_Slot, int]]:
        return [(slot, slot.pid) for slot in self.slots if slot.pid is not None]

    def _start_due(self) -> None:
        for slot in self.slots:
            if self.kill_at_s is None and slot.pid is None and slot.start_at_s <= time.monotonic():
                slot.started_s = time.monotonic()
                slot.ready = False
                try:
                    slot.pid = self._fork(slot)
                except OSError as exc:
                    self._died(slot, f"could not be forked: {exc.strerror}")

    def _fork(self, slot: _Slot) -> int:
        parent = os.getpid()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _MINDED)
        try:
            pid = os.fork()
            if pid == 0:
                self._be_worker(slot, parent)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return pid

    def _be_worker(self, slot: _Slot, parent: int) -> NoReturn:
        status = EXIT_FAILED
        try:
            _prepare_worker(parent)
            self.inbox.close()
            os.close(self.ready_pipe[0])
            status = self.serve_worker(Worker(slot.index, self.ready_pipe[1]))
        except BaseException as exc:  # noqa: BLE001 - nothing may return into the parent's code
            logger.error("worker %d failed: %s", slot.index, describe(exc))
        finally:
            with contextlib.suppress(Exception):
                logging.shutdown()
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(status)

    def _await_events(self) -> None:
        if self.kill_at_s is not None:
            until_s: float | None = self.kill_at_s
        else:
            until_s = min((s.start_at_s for s in self.slots if s.pid is None), default=None)
        pause_s = None if until_s is None else max(0.0, until_s - time.monotonic())
        select.select([self.inbox.fileno(), self.ready_pipe[0]], [], [], pause_s)

    def _read_ready(self) -> None:
        """Note who is ready. What a dead one said before its death names no process of today."""
        try:
            told = os.read(self.ready_pipe[0], _PID.size * len(self.slots))
        except BlockingIOError:
            return
        pids = {pid for (pid,) in _PID.iter_unpack(told)}
        for slot in self.slots:
            slot.ready = slot.ready or slot.pid in pids
        if not self.announced and self.kill_at_s is None and all(s.ready for s in self.slots):
            self.announced = True
            self.all_ready()

    def _reap(self) -> None:
        for slot, pid in self._running():
            ended, wait_status = os.waitpid(pid, os.WNOHANG)
            if ended:
                slot.pid = None
                self.forget(slot.index)
                self._ended(slot, os.waitstatus_to_exitcode(wait_status))

    def _ended(self, slot: _Slot, code: int) -> None:
        how = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        if self.kill_at_s is None:
            self._died(slot, f"ended by itself ({how})")
        elif code and slot.ready:
            logger.error("worker %d did not end well (%s)", slot.index, how)
            self.status = EXIT_FAILED

    def _died(self, slot: _Slot, how: str) -> None:
        slot.ready = False
        pause_s = slot.restarts.after(time.monotonic() - slot.started_s)
        if pause_s is None:
            logger.error("worker %d %s, and keeps dying: ending", slot.index, how)
            self.status = EXIT_FAILED
            self._end(signal.SIGTERM)
        else:
            logger.warning("worker %d %s: again in %.1f s", slot.index, how, pause_s)
            slot.start_at_s = time.monotonic() + pause_s

    def _read_signals(self) -> None:
        with contextlib.suppress(BlockingIOError):
            for number in self.inbox.recv(4096):
                if number in _ENDING:
                    self._end(signal.Signals(number))
                elif number in _PASSED_ON:
                    self._send(signal.Signals(number))

    def _end(self, number: signal.Signals) -> None:
        if self.kill_at_s is None:
            self.kill_at_s = time.monotonic() + self.stop_s
        self._send(number)

    def _kill_overdue(self) -> None:
        if self.kill_at_s is not None and time.monotonic() >= self.kill_at_s and self._running():
            logger.error("workers did not end within %g s: killed", self.stop_s)
            self.status = EXIT_FAILED
            self.kill_at_s += self.stop_s
            self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        """Pass a signal on. A process that has ended but was not reaped yet keeps its id."""
        for _, pid in self._running():
            os.kill(pid, number)


@contextmanager
def _signals() -> Iterator[socket.socket]:
    """Have signals arrive as bytes; put all back at the end."""
    inbox, outbox = socket.socketpair()
    with inbox, outbox:
        inbox.setblocking(False)  # noqa: FBT003 - the socket module's own signature
        outbox.setblocking(False)  # noqa: FBT003
        wakeup_before = signal.set_wakeup_fd(outbox.fileno(), warn_on_full_buffer=False)
        before = {number: signal.signal(number, lambda *_: None) for number in _MINDED}
        try:
            yield inbox
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(wakeup_before)


def _prepare_worker(parent: int) -> None:
    """Undo what the fork brought along, with signals still blocked; then unblock them."""
    signal.set_wakeup_fd(-1)
    for number in _MINDED:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.setpgid(0, 0)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    if os.getppid() != parent:  # it died before the kernel was asked
        raise ChildProcessError
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _MINDED)
