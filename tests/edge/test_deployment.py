"""The edge as an operator runs it: real processes, one or several on a port."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from tests.edge.conftest import environment
from tests.edge.fakes import FakeService, report
from tests.serving.wire import Page, Reader, get, post

END_S = 20


class Process:
    """A running ``octet-edge`` and its log."""

    def __init__(self, process: trio.Process) -> None:
        self.process = process
        self.log = ""

    async def until(self, pattern: str) -> re.Match[str]:
        """Read the log until *pattern* stands in it."""
        assert self.process.stderr is not None
        while (found := re.search(pattern, self.log)) is None:
            chunk = await self.process.stderr.receive_some()
            assert chunk, f"it ended before {pattern!r}:\n{self.log}"
            self.log += chunk.decode()
        return found

    async def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Signal it; return its exit status once its log has ended."""
        self.process.send_signal(number)
        assert self.process.stderr is not None
        async for chunk in self.process.stderr:
            self.log += chunk.decode()
        return await self.process.wait()


@asynccontextmanager
async def edge_process(**variables: str) -> AsyncIterator[Process]:
    """Run ``octet-edge``; whatever happens, it does not outlive the block."""
    process = await trio.lowlevel.open_process(
        [sys.executable, "-m", "octet.edge"],
        env={**os.environ, **variables},
        stderr=subprocess.PIPE,
    )
    try:
        with trio.fail_after(END_S):
            yield Process(process)
    finally:
        process.kill()
        with trio.CancelScope(shield=True):
            await process.wait()


async def ask(url: str, text: bytes) -> Page:
    """Send *text* to *url* over a connection of its own; return the connection."""
    host, _, port = url.partition("//")[2].partition("/")[0].rpartition(":")
    stream = await trio.open_tcp_stream(host, int(port))
    page = Page(stream, Reader(stream))
    await page.send(text)
    return page


async def answer(url: str, text: bytes) -> tuple[int, str]:
    """Return status and body of the answer to *text*."""
    page = await ask(url, text)
    async with page.stream:
        message = await page.reader.message()
        assert message is not None
        return message.status, message.body.decode()


@pytest.mark.parametrize("workers", [1, 3])
async def test_deployment(service: FakeService, tmp_path: Path, workers: int) -> None:
    """However many processes share the port, it is one edge: one address, one sum of metrics."""
    ready = tmp_path / "ready"
    variables = environment(
        service.url,
        EDGE_WORKERS=str(workers),
        EDGE_METRICS_BIND="127.0.0.1:0",
        OCTET_READY_FILE=str(ready),
    )
    async with edge_process(**variables) as edge:
        metrics = (await edge.until(r"metrics on (\S+)\n"))[1]
        for _ in range(workers):
            url = (await edge.until(r"serving on (\S+)\n"))[1]
            edge.log = edge.log.replace("serving on", "served on", 1)
        if workers > 1:
            await edge.until("all workers")
        for number in range(12):
            status, _ = await answer(url, post(report(id=f"report-{number}")))
            assert status == 200
        _, text = await answer(metrics.removesuffix("/metrics"), get("/metrics"))
        assert 'octet_edge_requests_total{code="ok",route="signals"} 12.0' in text
        assert await trio.Path(ready).read_text() == f"{url}\n"
        assert await edge.end() == 0
    assert len(service.envelopes) == 12


async def test_worker_is_replaced(service: FakeService) -> None:
    """A worker that is killed is replaced, and the edge goes on."""
    variables = environment(service.url, EDGE_WORKERS="2", EDGE_METRICS_BIND="off", OCTET_DEV="1")
    async with edge_process(**variables) as edge:
        url = (await edge.until(r"all workers are serving on (\S+)\n"))[1]
        children = trio.Path(f"/proc/{edge.process.pid}/task/{edge.process.pid}/children")
        victim = int((await children.read_text()).split()[0])
        edge.log = ""
        os.kill(victim, signal.SIGKILL)
        await edge.until(r"serving on (\S+)\n")
        assert (await answer(url, get("/health")))[0] == 200
        assert str(victim) not in (await children.read_text()).split()
        assert await edge.end() == 0


async def test_connections_are_bounded_in_all(service: FakeService) -> None:
    """EDGE_MAX_CONNECTIONS is the sum over all workers, whoever accepts; a place that frees is one
    for all, also that of a worker that was killed.
    """
    most = 4
    variables = environment(service.url, EDGE_WORKERS="2", EDGE_METRICS_BIND="off")
    async with edge_process(**variables, EDGE_MAX_CONNECTIONS=str(most)) as edge:
        url = (await edge.until(r"all workers are serving on (\S+)\n"))[1]
        held: list[Page] = []
        refused = 0
        while refused < 12:
            page = await ask(url, get("/health"))
            reply = await page.reader.message()
            assert reply is not None
            if reply.status == 200:
                held.append(page)
            else:
                assert (reply.status, reply.json["code"]) == (503, "overloaded")
                assert reply.headers["retry-after"] == "1"
                await page.stream.aclose()
                refused += 1
        assert len(held) == most
        await held.pop().stream.aclose()
        while (await answer(url, get("/health", "Connection: close")))[0] != 200:
            pass
        children = trio.Path(f"/proc/{edge.process.pid}/task/{edge.process.pid}/children")
        edge.log = ""
        for victim in (await children.read_text()).split():
            os.kill(int(victim), signal.SIGKILL)
        for _ in range(2):
            await edge.until(r"serving on (\S+)\n")
            edge.log = edge.log.replace("serving on", "served on", 1)
        for page in held:
            await page.stream.aclose()
        held = [await ask(url, get("/health")) for _ in range(most)]
        replies = [await page.reader.message() for page in held]
        assert [reply.status for reply in replies if reply] == [200] * most
        for page in held:
            await page.stream.aclose()
        assert await edge.end() == 0


async def test_reports_are_bounded_in_all(service: FakeService) -> None:
    """EDGE_MAX_PENDING is the sum over all workers, whoever holds the reports."""
    most = 3
    gates = [service.holds() for _ in range(most)]
    variables = environment(service.url, EDGE_WORKERS="2", EDGE_METRICS_BIND="off")
    async with edge_process(**variables, EDGE_MAX_PENDING=str(most)) as edge:
        url = (await edge.until(r"all workers are serving on (\S+)\n"))[1]
        taken = []
        for number in range(most):
            taken.append(await ask(url, post(report(id=f"taken-{number}"))))
            await service.until(number + 1)
        for number in range(12):
            status, text = await answer(url, post(report(id=f"refused-{number}")))
            assert (status, json.loads(text)["code"]) == (503, "overloaded")
        for gate in gates:
            gate.set()
        for page in taken:
            reply = await page.reader.message()
            assert reply is not None
            assert reply.status == 200
            await page.stream.aclose()
        assert (await answer(url, post(report(id="after"))))[0] == 200
        assert await edge.end() == 0
    assert len(service.envelopes) == most + 1
