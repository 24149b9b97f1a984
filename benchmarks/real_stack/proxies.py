"""What ends the visitor's TCP: proxies that the browser speaks to, and one that it cannot see."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from benchmarks.real_stack.ground import Ground
from benchmarks.real_stack.program import answering, found
from benchmarks.real_stack.triangle import EDGE, EXIT

SOCKS_PORT: Final = 1080
CONNECT_PORT: Final = 8888

_DANTE: Final = f"""
logoutput: /dev/null
internal: {EXIT} port = {SOCKS_PORT}
external: {EXIT}
socksmethod: none
clientmethod: none
client pass {{ from: 0/0 to: 0/0 }}
socks pass {{ from: 0/0 to: 0/0 }}
"""
_TINYPROXY: Final = f"""
Port {CONNECT_PORT}
Listen {EXIT}
Timeout 60
LogLevel Critical
MaxClients 100
"""
_FORWARD: Final = """
defaults
    mode tcp
    timeout connect 5s
    timeout client 60s
    timeout server 60s
"""
_PORT: Final = """
listen port{port}
    bind {exit}:{port}
    server edge {edge}:{port}
"""


@asynccontextmanager
async def microsocks(ground: Ground, _: Path) -> AsyncIterator[str]:
    """Run a SOCKS proxy at the exit; yield its URL."""
    command = [*ground.inside("exit"), found("microsocks"), "-i", EXIT]
    async with answering(command, ground.space("exit"), (EXIT, SOCKS_PORT)):
        yield f"socks5://{EXIT}:{SOCKS_PORT}"


@asynccontextmanager
async def dante(ground: Ground, scratch: Path) -> AsyncIterator[str]:
    """Run another SOCKS proxy at the exit; yield its URL."""
    path = scratch / "danted.conf"
    path.write_text(_DANTE, encoding="utf-8")
    command = [*ground.inside("exit"), found("danted"), "-f", str(path)]
    async with answering(command, ground.space("exit"), (EXIT, SOCKS_PORT)):
        yield f"socks5://{EXIT}:{SOCKS_PORT}"


@asynccontextmanager
async def tinyproxy(ground: Ground, scratch: Path) -> AsyncIterator[str]:
    """Run an HTTP proxy at the exit; yield its URL."""
    path = scratch / "tinyproxy.conf"
    path.write_text(_TINYPROXY, encoding="utf-8")
    command = [*ground.inside("exit"), found("tinyproxy"), "-d", "-c", str(path)]
    async with answering(command, ground.space("exit"), (EXIT, CONNECT_PORT)):
        yield f"http://{EXIT}:{CONNECT_PORT}"


@asynccontextmanager
async def haproxy(ground: Ground, scratch: Path, *urls: str) -> AsyncIterator[None]:
    """Forward the ports of *urls* from the exit to the edge: a balancer that nobody declared."""
    ports = [urlsplit(url).port or 443 for url in urls]
    path = scratch / "haproxy.cfg"
    listens = "".join(_PORT.format(exit=EXIT, edge=EDGE, port=port) for port in ports)
    path.write_text(_FORWARD + listens, encoding="utf-8")
    command = [*ground.inside("exit"), found("haproxy"), "-q", "-db", "-f", str(path)]
    async with answering(command, ground.space("exit"), (EXIT, ports[-1])):
        yield
