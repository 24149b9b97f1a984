"""A proxy's or a tunnel's program, from ready to ended."""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import trio

from benchmarks.channel_noise.delay_line import entered

READY_S = 15
END_S = 5
_AGAIN_S = 0.01


def found(program: str) -> str:
    """Return the path of a *program* that may lie in the administrator's folder.

    Raises:
        FileNotFoundError: it is not installed.
    """
    path = shutil.which(program, path=os.pathsep.join((os.environ["PATH"], "/usr/sbin")))
    if path is None:
        raise FileNotFoundError(program)
    return path


@asynccontextmanager
async def saying(
    words: bytes, command: Sequence[str], variables: Mapping[str, str] | None = None
) -> AsyncIterator[None]:
    """Run *command* until the block ends, which begins when the program has said *words*.

    Raises:
        OSError: it ended before, or was silent for `READY_S`.
    """
    process = await trio.lowlevel.open_process(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **(variables or {})},
    )
    async with _ended(process), trio.open_nursery() as nursery:
        ready: bytes | None = None
        with trio.move_on_after(READY_S):
            ready = await nursery.start(_heard, process, words)
        if ready is None:
            raise OSError(f"{command} did not get ready")
        yield
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def answering(
    command: Sequence[str], space: str, address: tuple[str, int]
) -> AsyncIterator[None]:
    """Run *command* until the block ends, which begins when *address* takes connections.

    Raises:
        trio.TooSlowError: it did not within `READY_S`.
    """
    process = await trio.lowlevel.open_process(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    async with _ended(process):
        with trio.fail_after(READY_S):
            while not await _connects(space, address):  # noqa: ASYNC110 - proxies tell nobody
                await trio.sleep(_AGAIN_S)
        yield


async def _connects(space: str, address: tuple[str, int]) -> bool:
    with entered(space):
        socket = trio.socket.socket()
    with socket:
        try:
            await socket.connect(address)
        except ConnectionRefusedError:
            return False
    return True


async def _heard(
    process: trio.Process,
    words: bytes,
    *,
    task_status: trio.TaskStatus[bytes | None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Read what *process* says to its end, so that it never waits; started with *words*, if."""
    assert process.stdout is not None  # noqa: S101 - opened as a pipe above
    heard: bytes | None = b""
    async for chunk in process.stdout:
        if heard is not None:
            heard += chunk
            if words in heard:
                heard = None
                task_status.started(words)
    if heard is not None:
        task_status.started(None)


@asynccontextmanager
async def _ended(process: trio.Process) -> AsyncIterator[None]:
    """End *process* with the block."""
    try:
        yield
    finally:
        process.terminate()
        with trio.CancelScope(shield=True), trio.move_on_after(END_S):
            await process.wait()
        process.kill()
