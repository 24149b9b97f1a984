"""Workers: real processes, told to live and die."""

import os
import signal
import ssl

import pytest

from octet.serving.listener import listen
from octet.serving.workers import (
    MAX_RESTARTS,
    RESTART_MAX_S,
    STEADY_S,
    Restarts,
    reserve_port,
    run_workers,
    share_port,
)
from tests.certificates import Certificate
from tests.serving.worker_plays import TRIES, ask, connect, deployment, end_at_once, every_pid


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_drain(number: signal.Signals) -> None:
    """Two processes share the port; at a signal both finish what they have, and all is well."""
    with deployment("serve", 2) as parent:
        (port,) = map(int, parent.until("ready"))
        assert len(every_pid(port, 2)) == 2
        with connect(port) as held:
            pid = ask(held)
            os.kill(parent.process.pid, number)
            for _ in range(2):
                parent.until("got", number.name)
            assert ask(held) == pid
        status, _ = parent.end()
    assert status == 0
    assert sorted(line for line in parent.said if "forgot" in line) == ["forgot 0", "forgot 1"]


def test_killed_worker_is_replaced() -> None:
    """A worker that is killed is forgotten and has a successor; readiness is told once."""
    with deployment("serve", 2) as parent:
        (port,) = map(int, parent.until("ready"))
        victim, *_ = before = every_pid(port, 2)
        os.kill(victim, signal.SIGKILL)
        (index,) = parent.until("forgot")
        (successor,) = map(int, parent.until("up", index))
        assert every_pid(port, 2) == before - {victim} | {successor}
        parent.process.terminate()
        status, log = parent.end()
    assert status == 0
    assert f"worker {index} ended by itself (SIGKILL): again in 0.0 s" in log
    assert sum(line.startswith("ready") for line in parent.said) == 1


@pytest.mark.parametrize(("name", "code"), [("raise", 1), ("end", 0), ("one-fails", 1)])
def test_keeps_dying(name: str, code: int) -> None:
    """A worker that never stays ends the deployment, which says so, and says no secret."""
    with deployment(name, 2) as parent:
        status, log = parent.end()
    assert status == 1
    (last,) = (line for line in log.splitlines() if "and keeps dying: ending" in line)
    died = last.partition(", and")[0].partition("worker ")[2]
    assert died in {f"{index} ended by itself (exit status {code})" for index in (0, 1)}
    assert log.count(died) == MAX_RESTARTS + 1
    assert "top-secret" not in log
    assert not any(line.startswith("ready") for line in parent.said)


def test_signal_before_ready() -> None:
    """A deployment that is told to end while it starts has nothing to drain, and ends well."""
    with deployment("never-ready", 2) as parent:
        parent.until("up")
        parent.until("up")
        parent.process.terminate()
        status, _ = parent.end()
    assert status == 0
    assert not any(line.startswith("ready") for line in parent.said)


def test_hang_up_is_passed_on() -> None:
    """SIGHUP reaches every worker and ends nothing."""
    with deployment("serve", 2) as parent:
        (port,) = map(int, parent.until("ready"))
        before = every_pid(port, 2)
        parent.process.send_signal(signal.SIGHUP)
        for _ in range(2):
            parent.until("got SIGHUP")
        assert every_pid(port, 2) == before
        parent.process.terminate()
        assert parent.end()[0] == 0


def test_hang_up_is_ignored_by_who_does_not_know_it() -> None:
    """A worker without a handler for SIGHUP is not ended by it."""
    with deployment("never-ready", 1) as parent:
        parent.until("up")
        parent.process.send_signal(signal.SIGHUP)
        parent.process.terminate()
        status, log = parent.end()
    assert (status, "ended" in log) == (0, False)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("deaf", "workers did not end within 0.2 s: killed"),
        ("bad-end", "worker 0 did not end well (exit status 7)"),
    ],
)
def test_bad_end(name: str, complaint: str) -> None:
    """A worker that must be killed, or fails while it ends, shows in the exit status."""
    with deployment(name, 1) as parent:
        parent.until("up")
        parent.process.terminate()
        status, log = parent.end()
    assert status == 1
    assert complaint in log


@pytest.mark.linux
def test_workers_do_not_outlive_their_parent() -> None:
    """When the parent is killed its workers drain and end, so that their pipe closes."""
    with deployment("serve", 2) as parent:
        parent.until("ready")
        parent.process.kill()
        parent.end()
    assert sum(line.startswith("got SIGTERM") for line in parent.said) == 2


def test_a_parent_that_fails_takes_its_workers_along() -> None:
    """When the ready file cannot be written, everything ends, and not well."""
    with deployment("unannounced", 2) as parent:
        parent.until("ready")
        status, _ = parent.end()
    assert status == 1
    assert sum(line.startswith("got SIGTERM") for line in parent.said) == 2


def test_tickets_open_on_every_worker(certificate: Certificate, trust: ssl.SSLContext) -> None:
    """A TLS session that began on one worker goes on on the other."""
    with deployment("serve", 2, certificate.chain, certificate.key) as parent:
        (port,) = map(int, parent.until("ready"))
        with trust.wrap_socket(connect(port), server_hostname="localhost") as first:
            pid = ask(first)
            session = first.session
        for _ in range(TRIES):
            with trust.wrap_socket(
                connect(port), server_hostname="localhost", session=session
            ) as later:
                other = ask(later)
                assert later.session_reused
            if other != pid:
                break
        assert other != pid
        parent.process.terminate()
        assert parent.end()[0] == 0


def test_reserved_port_takes_no_connection() -> None:
    """The parent's hold on a port answers nobody; who does not share the port stays out."""
    with reserve_port("127.0.0.1", 0) as reserved:
        port = reserved.getsockname()[1]
        with pytest.raises(ConnectionRefusedError):
            connect(port)
        with listen("127.0.0.1", port, prepare=share_port), connect(port):
            with listen("127.0.0.1", port, prepare=share_port):
                pass
            with pytest.raises(OSError, match="in use"):
                listen("127.0.0.1", port)


def test_taken_port_is_told_before_the_fork() -> None:
    """A port of another program is an error at once."""
    with listen("127.0.0.1", 0) as taken, pytest.raises(OSError, match="in use"):
        reserve_port("127.0.0.1", taken.getsockname()[1])


def test_restarts() -> None:
    """Pauses double up to a bound; a steady life begins a new row, too many short ones end it."""
    restarts = Restarts(1.0)
    assert [restarts.after(0.0) for _ in range(4)] == [1.0, 2.0, 4.0, RESTART_MAX_S]
    assert restarts.after(STEADY_S) == 1.0
    assert [restarts.after(STEADY_S - 1) for _ in range(5)] == [2, 4, 5, 5, None]


def handling() -> tuple[object, set[int]]:
    """Return what this process does at SIGTERM, and which signals it blocks."""
    return signal.getsignal(signal.SIGTERM), set(signal.pthread_sigmask(signal.SIG_BLOCK, []))


def test_a_fork_that_fails_counts_as_a_death(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """When no process can be made, the parent tries again, then gives up; signals are as before."""

    def fail() -> int:
        raise BlockingIOError(11, "too many processes")

    monkeypatch.setattr(os, "fork", fail)
    before = handling()
    assert run_workers(1, end_at_once, restart_first_s=0.001) == 1
    assert (
        signal.getsignal(signal.SIGTERM),
        signal.pthread_sigmask(signal.SIG_BLOCK, []),
    ) == before
    assert caplog.text.count("could not be forked: too many processes") == MAX_RESTARTS + 1
