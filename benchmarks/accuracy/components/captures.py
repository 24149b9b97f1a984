"""``python -m benchmarks.accuracy.components.captures``: what real programs send to a real edge.

Browsers, curl, and proxies that make connections of their own reach the installed edge over TLS on
loopback; SYN, ClientHello, header names and the opening of HTTP/2 are kept as the edge observed
them. The parsers' tests and the accuracy page read the file. Programs that are not there are left
out. All of them ran on one Linux: of other systems this says nothing.
"""

import json
import ssl
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import trio
from attrs import frozen

from benchmarks.browsers import Visit, find_browsers, open_browsers, running_driver
from benchmarks.channel_noise.__main__ import certificate
from benchmarks.channel_noise.host import Host
from benchmarks.channel_noise.place import LOOPBACK
from benchmarks.speed.environment import environment
from examples.demo.process import running
from tests.edge.proxies import ended, found

FILE: Final = Path(__file__).parents[2] / "results/stack_captures.json"
PROTOCOLS: Final = {"1.1": "http/1.1", "2": "h2,http/1.1"}
REPORT: Final = (
    '{"v":1,"id":"capture","mode":"full","collector":"0.1.0","signals":{},'
    '"sessionRef":"sess_capture0"}'
)
READY_S: Final = 10

NGINX: Final = """
daemon off; pid {directory}/nginx.pid; error_log stderr crit;
events {{}}
http {{
    access_log off;
    client_body_temp_path {directory}; proxy_temp_path {directory}; fastcgi_temp_path {directory};
    uwsgi_temp_path {directory}; scgi_temp_path {directory};
    server {{
        listen unix:{directory}/front;
        location / {{
            proxy_pass https://127.0.0.1:{port};
            proxy_http_version 1.1;
            proxy_ssl_server_name on;
            proxy_set_header X-Forwarded-For $remote_addr;
        }}
    }}
}}
"""
HAPROXY: Final = """
defaults
    mode http
    timeout connect 5s
    timeout client 9s
    timeout server 9s
frontend front
    bind unix@{directory}/front
    option forwardfor
    default_backend back
backend back
    server edge 127.0.0.1:{port} ssl verify none
"""

PROXIES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "nginx": (NGINX, ("-c",)),
    "haproxy": (HAPROXY, ("-q", "-db", "-f")),
}


@frozen
class Reached:
    """An edge over TLS, the service behind it, and a page that embeds the collector."""

    host: Host
    page_url: str
    directory: Path

    @property
    def port(self) -> int:
        """The edge's."""
        return int(self.host.edge_url.rpartition(":")[2])


async def capture() -> list[dict[str, Any]]:
    """Return what each program showed, by each version of HTTP that it speaks."""
    samples = []
    for version, alpn in PROTOCOLS.items():
        async with _edge(alpn) as at:
            for browser in find_browsers():
                with running_driver() as socket:
                    async with open_browsers(socket) as browsers:
                        await browsers.visit(Visit(browser=browser, url=at.page_url))
                samples.append(_sample(f"{browser}, HTTP/{version}", at))
            await _post("--insecure", f"--http{version}", f"{at.host.edge_url}/v1/signals")
            samples.append(_sample(f"curl, HTTP/{version}", at))
            for proxy in PROXIES if version == "1.1" else ():
                await _through(proxy, at)
                samples.append(_sample(f"{proxy}'s upstream", at))
    return samples


async def _post(*options: str) -> None:
    """Let curl post a report."""
    kind = ("--header", "content-type: application/json", "--data", REPORT)
    await trio.run_process(
        ["curl", "--silent", "--fail", "--retry", "9", "--retry-connrefused", *kind, *options],
        capture_stdout=True,
    )


async def _through(proxy: str, at: Reached) -> None:
    """Let curl post by way of a proxy that makes its own connection to the edge."""
    config, options = PROXIES[proxy]
    path, front = at.directory / f"{proxy}.conf", at.directory / "front"
    front.unlink(missing_ok=True)
    path.write_text(config.format(directory=at.directory, port=at.port), encoding="utf-8")
    process = await trio.lowlevel.open_process([found(proxy), *options, str(path)])
    async with ended(process):
        with trio.fail_after(READY_S):
            while not front.exists():
                await trio.lowlevel.checkpoint()
        await _post("--unix-socket", str(front), "http://edge/v1/signals")


@asynccontextmanager
async def _edge(alpn: str) -> AsyncIterator[Reached]:
    """Run an edge that offers *alpn*."""
    host = Host()
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        chain, key = certificate(directory, LOOPBACK.address)
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(chain, key)
        page, service = LOOPBACK.listen(), LOOPBACK.listen()
        page_at, service_at = (f"127.0.0.1:{at.socket.getsockname()[1]}" for at in (page, service))
        variables = {
            "OCTET_DEV": "1",
            "OCTET_URL": f"http://{service_at}",
            "HOST": LOOPBACK.address,
            "PORT": "0",
            "EDGE_METRICS_BIND": "off",
            "EDGE_TLS_CERT_FILE": str(chain),
            "EDGE_TLS_KEY_FILE": str(key),
            "EDGE_ALPN": alpn,
            "ALLOWED_ORIGIN": f"https://{page_at}",
        }
        command = [str(Path(sys.executable).with_name("octet-edge"))]
        async with trio.open_nursery() as nursery:
            nursery.start_soon(host.serve, page, service, tls)
            async with running(command, variables, directory / "edge.log") as host.edge_url:
                yield Reached(host, f"https://{page_at}/", directory)
            nursery.cancel_scope.cancel()


def _sample(name: str, at: Reached) -> dict[str, Any]:
    """Keep what the parsers read of the last post, and of its headers the names alone."""
    envelope = at.host.envelopes[-1]
    observed = envelope["observed"]
    agent = envelope["report"]["signals"].get("userAgent", {}).get("value", {})
    return {
        "name": name,
        "syn": observed["syn"],
        "clientHello": observed["tls"]["clientHello"],
        "headers": [name for name, _ in observed["http"]["headers"]],
        "h2": observed["http"].get("h2"),
        "userAgent": agent.get("ua"),
    }


def _versions() -> dict[str, str]:
    commands = {
        **{name: (path, "--version") for name, path in find_browsers().items()},
        "curl": ("curl", "--version"),
        "nginx": (found("nginx"), "-v"),
        "haproxy": (found("haproxy"), "-v"),
    }
    done = {
        name: subprocess.run(command, capture_output=True, text=True, check=True)
        for name, command in commands.items()
    }
    return {name: (one.stdout or one.stderr).splitlines()[0] for name, one in done.items()}


def main() -> None:
    """Capture, and keep it."""
    kept = {"environment": environment() | {"programs": _versions()}, "samples": trio.run(capture)}
    FILE.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
