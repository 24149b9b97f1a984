"""Real proxies before an edge, configured by the project's own examples."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio

EXAMPLES = Path(__file__).parents[2] / "examples/proxies"

NGINX = """
daemon off;
pid {directory}/nginx.pid;
error_log stderr error;
events {{}}
http {{
    access_log off;
    client_body_temp_path {directory};
    proxy_temp_path {directory};
    fastcgi_temp_path {directory};
    uwsgi_temp_path {directory};
    scgi_temp_path {directory};
    {http}
    server {{
        listen 127.0.0.1:{port};
        {location}
    }}
}}
"""


@asynccontextmanager
async def nginx(
    directory: Path,
    behind: int,
    example: str = "nginx.conf",
    without: str | None = None,
    change: Callable[[str], str] = str,
) -> AsyncIterator[int]:
    """Run nginx with an example's location before an edge or a service; the value is its port.

    Args:
        directory: for its files.
        behind: the port of what it is before.
        example: the file.
        without: what an operator forgets: the lines that have this in them.
        change: what else an operator does to it.
    """
    lines = change((EXAMPLES / example).read_text()).splitlines(keepends=True)
    location = "".join(line for line in lines if without is None or without not in line)
    location = re.sub(r"(proxy_pass http://127\.0\.0\.1):\d+", rf"\1:{behind}", location)
    with listening() as listener:
        port = listener.getsockname()[1]
        path = directory / "nginx.conf"
        http = (EXAMPLES / "nginx-http.conf").read_text()
        path.write_text(NGINX.format(directory=directory, http=http, port=port, location=location))
        inherited = {"NGINX": f"{listener.fileno()};"}  # how a new nginx takes over sockets
        command = [found("nginx"), "-p", str(directory), "-c", str(path)]
        async with started(command, listener, inherited):
            yield port


@asynccontextmanager
async def haproxy(
    directory: Path, example: str, edge_port: int, change: Callable[[str], str] = str
) -> AsyncIterator[int]:
    """Run HAProxy with an example of ours before an edge; the value is its port."""
    text = change((EXAMPLES / example).read_text())
    with listening() as listener:
        text = re.sub(r"bind :443.*", f"bind fd@{listener.fileno()}", text)
        text = re.sub(r"(server edge\S* 127\.0\.0\.1):\d+", rf"\1:{edge_port}", text)
        defaults = (
            "defaults\n    timeout connect 5s\n    timeout client 9s\n    timeout server 9s\n"
        )
        path = directory / "haproxy.cfg"
        path.write_text(defaults + text)
        async with started([found("haproxy"), "-q", "-db", "-f", str(path)], listener, {}):
            yield listener.getsockname()[1]


@asynccontextmanager
async def caddy(directory: Path, edge_port: int) -> AsyncIterator[int]:
    """Run Caddy with the example's site before an edge; the value is its port."""
    site = (EXAMPLES / "Caddyfile").read_text().replace("127.0.0.1:8080", f"127.0.0.1:{edge_port}")
    with socket.socket() as reserved:  # it takes over no sockets, but binds beside others
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        path = directory / "Caddyfile"
        site = site.replace("yourapp.com {", f"http://:{port} {{\n\tbind 127.0.0.1")
        path.write_text("{\n\tadmin off\n\tauto_https off\n}\n" + site)
        homes = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), str(directory))
        process = await trio.lowlevel.open_process(
            [found("caddy"), "run", "--config", str(path), "--adapter", "caddyfile"],
            env={**os.environ, **homes},
            stderr=subprocess.PIPE,
        )
        async with ended(process):
            await _until_said(process, b"serving initial configuration")
            yield port


async def _until_said(process: trio.Process, words: bytes) -> None:
    """Read what *process* logs until it has said *words*."""
    assert process.stderr is not None
    log = b""
    while words not in log:
        chunk = await process.stderr.receive_some()
        assert chunk, f"it ended:\n{log.decode()}"
        log += chunk


def listening() -> socket.socket:
    """Listen on a free port; connections are held until the proxy that inherits it accepts."""
    return socket.create_server(("127.0.0.1", 0))


@asynccontextmanager
async def started(
    command: Sequence[str], listener: socket.socket, variables: dict[str, str]
) -> AsyncIterator[Any]:
    """Run a proxy that inherits *listener* until the block ends."""
    process = await trio.lowlevel.open_process(
        command, pass_fds=(listener.fileno(),), env={**os.environ, **variables}
    )
    async with ended(process):
        yield process


@asynccontextmanager
async def ended(process: trio.Process) -> AsyncIterator[None]:
    """End *process* with the block."""
    try:
        yield
    finally:
        process.terminate()
        with trio.CancelScope(shield=True), trio.move_on_after(5):
            await process.wait()
        process.kill()


def found(program: str) -> str:
    """Return the path of a *program* that may lie in the administrator's folder."""
    path = shutil.which(program, path=os.pathsep.join((os.environ["PATH"], "/usr/sbin")))
    assert path is not None
    return path
