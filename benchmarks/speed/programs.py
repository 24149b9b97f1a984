"""The edge, its peers, the service in their benchmarks, and the stub behind all of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from benchmarks.speed.servers import PYTHON, Program, Start

ROOT: Final = Path(__file__).parents[2]
BUILT: Final = ROOT / ".build/bench"
PEERS: Final = "benchmarks.speed.peers"
BIN: Final = Path(PYTHON).parent


def _octet_edge(start: Start) -> Mapping[str, str]:
    variables = {
        "OCTET_DEV": "1",
        "OCTET_URL": start.upstream,
        "HOST": "127.0.0.1",
        "PORT": str(start.port),
        "ALLOWED_ORIGIN": "https://localhost",
        "EDGE_BASE_PATH": "/octet",
        "EDGE_ID": "bench",
        "EDGE_ALPN": start.alpn,
        "EDGE_MAX_CONNECTIONS": "20000",
        "EDGE_WORKERS": str(start.workers),
        "EDGE_METRICS_BIND": "127.0.0.1:0",
    }
    if start.certificate:
        variables["EDGE_TLS_CERT_FILE"] = str(start.certificate.chain)
        variables["EDGE_TLS_KEY_FILE"] = str(start.certificate.key)
    return variables


def _go(name: str, start: Start) -> Sequence[str]:
    command = [
        str(BUILT / name), "-listen", f"127.0.0.1:{start.port}", "-upstream", start.upstream,
    ]  # fmt: skip
    if start.certificate:
        command += ["-cert", str(start.certificate.chain), "-key", str(start.certificate.key)]
    if start.alpn != "http/1.1":
        command += ["-alpn", start.alpn]
    return command


def _nginx(start: Start) -> Sequence[str]:
    text = (Path(__file__).parent / "peers/nginx.conf").read_text(encoding="utf-8")
    for name, value in {
        "PID_FILE": start.directory / "nginx.pid",
        "TEMP_DIR": start.directory,
        "UPSTREAM": urlsplit(start.upstream).netloc,
        "PORT": start.port,
    }.items():
        text = text.replace(name, str(value))
    path = start.directory / "nginx.conf"
    path.write_text(text, encoding="utf-8")
    return ["/usr/sbin/nginx", "-p", str(start.directory), "-c", str(path)]


def _upstream(start: Start) -> Mapping[str, str]:
    return {"UPSTREAM": start.upstream}


OCTET: Final = Program(
    name="octet",
    title="Octet's edge",
    command=lambda _: [str(BIN / "octet-edge")],
    variables=_octet_edge,
)
GO_EDGE: Final = Program(
    name="go-edge", title="edge in Go", command=lambda start: _go("go_edge", start)
)
GO_PROXY: Final = Program(
    name="go-proxy",
    title="Go ReverseProxy",
    command=lambda start: _go("go_reverse_proxy", start),
)
NGINX: Final = Program(name="nginx", title="nginx proxy_pass", command=_nginx)
NAIVE: Final = Program(
    name="naive",
    title="naive: Quart-Trio, httpx",
    command=lambda start: [
        str(BIN / "hypercorn"), "-k", "trio", "-b", f"127.0.0.1:{start.port}",
        f"{PEERS}.naive.app:app",
    ],
    variables=_upstream,
)  # fmt: skip
UVICORN: Final = Program(
    name="uvicorn",
    title="Starlette on uvicorn, httpx",
    command=lambda start: [
        str(BIN / "uvicorn"), "--port", str(start.port), "--log-level", "warning",
        "--no-access-log", "--http", "httptools", "--loop", "uvloop",
        f"{PEERS}.starlette_httpx.app:app",
    ],
    variables=_upstream,
)  # fmt: skip
GRANIAN: Final = Program(
    name="granian",
    title="Starlette on granian, httpx",
    command=lambda start: [
        str(BIN / "granian"), "--interface", "asgi", "--port", str(start.port),
        "--log-level", "warning", "--loop", "uvloop", f"{PEERS}.starlette_httpx.app:app",
    ],
    variables=_upstream,
)  # fmt: skip
AIOHTTP: Final = Program(
    name="aiohttp",
    title="aiohttp, server and client",
    command=lambda _: [PYTHON, "-m", f"{PEERS}.aiohttp_proxy"],
    variables=lambda start: {**_upstream(start), "PORT": str(start.port)},
)
RELAYS: Final = (OCTET, NAIVE, UVICORN, GRANIAN, AIOHTTP, GO_PROXY, GO_EDGE, NGINX)
"""All that can take a report's post."""
EDGES: Final = (OCTET, GO_EDGE)
"""All that can serve a visit."""


def service_on(
    *, name: str = "service", store: str = "memory://", keyring: Path | None = None
) -> Program:
    """Return the service with its *store*, and open unless it has a *keyring*."""
    access = {"OCTET_DEV": "1"} if keyring is None else {"OCTET_KEYRING": str(keyring)}
    return Program(
        name=name,
        title="the service",
        command=lambda _: [str(BIN / "octet-service")],
        variables=lambda start: {
            **access,
            "OCTET_STORE": store,
            "HOST": "127.0.0.1",
            "PORT": str(start.port),
            "OCTET_METRICS_BIND": "127.0.0.1:0",
        },
    )


SERVICE: Final = service_on()


def stub(delay_ms: int = 0) -> Program:
    """Return the service's stand-in, whose answers take *delay_ms*."""
    return Program(
        name=f"stub-{delay_ms}",
        title="stub",
        command=lambda start: [
            str(BUILT / "stub"), "-listen", f"127.0.0.1:{start.port}", "-delay", f"{delay_ms}ms",
        ],
    )  # fmt: skip
