"""Tunnels below TCP, by programs in user space, whose exit gives the visitor its own address."""

import hashlib
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from benchmarks.channel_noise.__main__ import certificate
from benchmarks.channel_noise.delay_line import ip
from benchmarks.real_stack.ground import Ground
from benchmarks.real_stack.program import found, saying
from benchmarks.real_stack.triangle import EDGE, EXIT

_TRANSLATION: Final = f"""
table ip octet
flush table ip octet
table ip octet {{
    chain out {{
        type nat hook postrouting priority srcnat;
        ip saddr 10.8.0.0/16 oifname to-edge snat to {EXIT}
    }}
}}
"""
_UP: Final = b"Initialization Sequence Completed"
_LISTENS: Final = b"UAPI listener started"
_WIREGUARD_PORT: Final = "51820"
_WIREGUARD_MTU: Final = "1420"
"""As its own set-up script takes it for a line of 1500 bytes."""
_INNER: Final = {"exit": "10.8.1.1", "user": "10.8.1.2"}


@asynccontextmanager
async def openvpn(ground: Ground, scratch: Path) -> AsyncIterator[None]:
    """Join visitor and exit by OpenVPN over UDP, with its defaults for what it negotiates."""
    _forward(ground)
    keys = {}
    for end in ("exit", "user"):
        (scratch / end).mkdir()
        keys[end] = certificate(scratch / end, EXIT)

    def command(end: str, other: str, *more: str) -> list[str]:
        chain, key = map(str, keys[end])
        identity = ("--cert", chain, "--key", key, "--peer-fingerprint", _print_of(keys[other][0]))
        common = ("--dev-type", "tun", "--dev", "ovpn", "--proto", "udp", "--verb", "3")
        return [*ground.inside(end), found("openvpn"), *common, *identity, *more]

    server = ("--local", EXIT, "--server", "10.8.0.0", "255.255.255.0", "--dh", "none")
    client = ("--client", "--remote", EXIT, "--nobind")
    async with (
        saying(_UP, command("exit", "user", *server, "--topology", "subnet")),
        saying(_UP, command("user", "exit", *client)),
    ):
        ground.lead_through("ovpn")
        yield


@asynccontextmanager
async def wireguard(ground: Ground, scratch: Path) -> AsyncIterator[None]:
    """Join visitor and exit by WireGuard, in Go."""
    _forward(ground)
    secrets = {end: _made(scratch / end) for end in _INNER}
    # Its control sockets share a directory of the whole machine: the names must differ.
    names = {"exit": f"{ground.prefix}x", "user": f"{ground.prefix}u"}
    there = ("endpoint", f"{EXIT}:{_WIREGUARD_PORT}")
    more: dict[str, tuple[str, ...]] = {
        "exit": ("allowed-ips", f"{_INNER['user']}/32"),
        "user": ("allowed-ips", f"{EDGE}/32,{_INNER['exit']}/32", *there),
    }
    async with AsyncExitStack() as stack:
        for end, other in (("exit", "user"), ("user", "exit")):
            inside, name = ground.inside(end), names[end]
            await stack.enter_async_context(
                saying(
                    _LISTENS,
                    [*inside, found("wireguard-go"), "-f", name],
                    {"LOG_LEVEL": "verbose"},
                )
            )
            port = ("listen-port", _WIREGUARD_PORT) if end == "exit" else ()
            settings = ("private-key", str(scratch / end), *port, "peer", secrets[other])
            _run(*inside, "wg", "set", name, *settings, *more[end])
            peer = ("address", "add", _INNER[end], "peer", _INNER[other], "dev", name)
            ip("-n", ground.space(end), *peer)
            ip("-n", ground.space(end), "link", "set", name, "mtu", _WIREGUARD_MTU, "up")
        ground.lead_through(names["user"])
        yield


def _forward(ground: Ground) -> None:
    """Let the exit route what a tunnel brings, under its own address."""
    inside = ground.inside("exit")
    _run(*inside, "sysctl", "-qw", "net.ipv4.ip_forward=1")
    _run(*inside, found("nft"), "-f", "-", given=_TRANSLATION)


def _print_of(chain: Path) -> str:
    """Return a certificate's fingerprint as OpenVPN reads it."""
    der = ssl.PEM_cert_to_DER_cert(chain.read_text(encoding="ascii"))
    return hashlib.sha256(der).digest().hex(":")


def _made(path: Path) -> str:
    """Make a secret key in a file; return its public key."""
    path.touch(0o600)
    secret = _run("wg", "genkey")
    path.write_text(secret, encoding="ascii")
    return _run("wg", "pubkey", given=secret).strip()


def _run(*command: str, given: str | None = None) -> str:
    done = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, input=given)
    return done.stdout
