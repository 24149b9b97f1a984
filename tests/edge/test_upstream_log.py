"""One line for each change, and a bound on lines."""

import logging

import pytest

from octet.edge.upstream_log import LINES, TIMED_OUT, UNREACHABLE, WITHIN_S, UpstreamLog


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(clock: Clock, caplog: pytest.LogCaptureFixture) -> UpstreamLog:
    caplog.set_level(logging.INFO)
    return UpstreamLog(clock)


def test_a_post_knows_more_than_a_probe(log: UpstreamLog, caplog: pytest.LogCaptureFixture) -> None:
    """A good probe ends what a probe has found, be it again, and not what only posts have."""
    log.posted(UNREACHABLE, "a")
    log.probed(None)
    assert caplog.messages == [f"{UNREACHABLE} (request a)"]
    log.probed(UNREACHABLE)
    log.probed(None)
    assert caplog.messages[1:] == ["the service is back"]


def test_changeable_service_does_not_fill_the_log(
    log: UpstreamLog, caplog: pytest.LogCaptureFixture, clock: Clock
) -> None:
    """So many lines a minute and no more; what they leave unsaid is said after it."""
    for _ in range(LINES):
        log.posted(TIMED_OUT, "a")
        log.posted(None, "b")
    assert len(caplog.messages) == LINES
    log.posted(TIMED_OUT, "c")
    clock.now_s += WITHIN_S
    log.posted(TIMED_OUT, "d")
    assert caplog.messages[LINES:] == [f"{TIMED_OUT} (request d)"]
