"""One program of the system, from ready to ended."""

import os
import re
import signal
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import trio
from attrs import frozen

READY_S = 60
END_S = 20

_SERVING = re.compile(rb"serving on ([^\s\"]+)[^\n]*\n")


class NotReadyError(Exception):
    """A program ended, or stayed silent, before it served."""


@frozen
class Program:
    """A program that serves."""

    url: str
    """Where."""
    process: trio.Process


@asynccontextmanager
async def running(
    command: Sequence[str], variables: Mapping[str, str], log: Path
) -> AsyncIterator[str]:
    """Run a program as `launched` does; yield the URL that it serves on."""
    async with launched(command, variables, log) as program:
        yield program.url


@asynccontextmanager
async def launched(
    command: Sequence[str], variables: Mapping[str, str], log: Path
) -> AsyncIterator[Program]:
    """Run *command* with *variables* until the block ends; yield it once it serves.

    What the program logs is copied into *log*; the line with its URL says that it is ready.

    Raises:
        NotReadyError: with the end of the log.
    """
    process = await trio.lowlevel.open_process(
        command, env={**os.environ, **variables}, stderr=subprocess.PIPE
    )
    try:
        async with trio.open_nursery() as nursery:
            url: bytes | None = None
            with trio.move_on_after(READY_S):
                url = await nursery.start(_copy, process, log)
            if url is None:
                text = await trio.Path(log).read_text(encoding="utf-8", errors="replace")
                raise NotReadyError(f"{command[0]} did not get ready:\n{text[-2000:]}")
            yield Program(url.decode(), process)
            await _end(process)
    finally:
        await _end(process)


async def _copy(
    process: trio.Process,
    log: Path,
    *,
    task_status: trio.TaskStatus[bytes | None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Copy the standard error of *process* into *log*; started with the URL, None if it ends."""
    seen: bytes | None = b""
    with log.open("wb") as sink:
        assert process.stderr is not None  # noqa: S101 - opened as a pipe above
        async for chunk in process.stderr:
            sink.write(chunk)
            sink.flush()
            if seen is not None:
                seen += chunk
                if found := _SERVING.search(seen):
                    seen = None
                    task_status.started(found[1])
    if seen is not None:
        task_status.started(None)


async def _end(process: trio.Process) -> None:
    """Ask *process* to end, wait, and insist."""
    with trio.CancelScope(shield=True):
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        with trio.move_on_after(END_S):
            await process.wait()
            return
        process.kill()
        await process.wait()
