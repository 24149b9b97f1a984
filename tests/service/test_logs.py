"""The log as an operator's machinery reads it, and as a person does."""

import io
import logging
import warnings
from collections.abc import Iterator

import pytest
import trio

from octet.service.logs import begin_request, configure
from tests.service.conftest import Logged

logger = logging.getLogger("octet.service.anything")


class Terminal(io.StringIO):
    """A stream that a person looks at."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """Put the process's logging back as it was."""
    root = logging.getLogger()
    before = root.handlers, root.level
    yield root
    root.handlers, root.level = before[0], before[1]
    logging.getLogger("octet").setLevel(logging.NOTSET)
    logging.captureWarnings(capture=False)


def test_line(logged: Logged) -> None:
    """A line is one object, whatever a message holds."""
    logger.info("hello %s", 'world "\n{"event": 1}')
    (line,) = logged()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": 'hello world "\n{"event": 1}',
        "level": "info",
        "logger": "octet.service.anything",
    }


async def test_request_is_its_tasks_own(logged: Logged) -> None:
    """Two requests at once each have their own id, in their threads too, and leave none behind."""
    both = [trio.Event(), trio.Event()]

    async def handle(number: int) -> None:
        begin_request(f"request-{number}", "f" * 32 if number else None)
        both[number].set()
        await both[1 - number].wait()
        await trio.to_thread.run_sync(logger.info, "work")

    async with trio.open_nursery() as nursery:
        for number in range(2):
            nursery.start_soon(handle, number)
    logger.info("after")
    *work, after = logged()
    assert {line["request_id"]: line.get("trace_id") for line in work} == {
        "request-0": None,
        "request-1": "f" * 32,
    }
    assert "request_id" not in after


def test_exception(logged: Logged) -> None:
    """An exception is told by its type and place, even where somebody logs all of it."""
    try:
        int("203.0.113.7")
    except ValueError:
        logger.exception("it failed", stack_info=True)
    (line,) = logged()
    assert line["failure"].startswith("ValueError ← test_exception (test_logs.py:")
    assert "203.0.113.7" not in repr(line)


def test_libraries(root: logging.Logger) -> None:
    """Libraries are heard from a warning on, and a warning of the interpreter is a line."""
    stream = io.StringIO()
    configure(stream)
    library = logging.getLogger("some.library")
    library.info("chatter")
    library.warning("trouble")
    logger.info("ours")
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        logging.captureWarnings(capture=True)
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    lines = stream.getvalue().splitlines()
    assert ["trouble" in lines[0], "ours" in lines[1], "DeprecationWarning" in lines[2]] == [
        True
    ] * 3


def test_terminal(root: logging.Logger) -> None:
    """A person reads words."""
    stream = Terminal()
    configure(stream)
    logger.info("serving on %s", "http://127.0.0.1:1")
    line = stream.getvalue()
    assert "serving on http://127.0.0.1:1" in line
    assert "{" not in line
