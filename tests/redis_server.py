"""A real Redis of the test's own, on a Unix socket."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from octet.service.redis import RedisAddress

READY: Final = "eady to accept connections"
"""Of TCP with a capital, of a Unix socket without."""
SEARCH: Final = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin"))
IN_MEMORY: Final = ("--save", "", "--appendonly", "no")
EXAMPLE: Final = Path("examples/redis/redis.conf").resolve()
"""What operators are given; its user is ours, and the tests have another one beside it."""
_USER: Final = "octet:change-me@"
_ADMIN: Final = ("--user", "admin", "on", ">admin", "~*", "&*", "+@all")


class NotStartedError(Exception):
    """It ended instead."""


class RedisServer:
    """Can be stopped, killed and started again where it was."""

    def __init__(self, *options: str, durable: bool = False) -> None:
        """Start it.

        Args:
            options: of its command line, beside the usual.
            durable: it keeps what it acknowledges, as the example for operators says; otherwise
                nothing is on disk.
        """
        self._directory = Path(tempfile.mkdtemp(prefix="octet-redis-"))  # a socket's path is short
        self.path = self._directory / "redis.sock"
        self.url = f"unix://{_USER if durable else ''}{self.path}"
        self.address = RedisAddress.parse(self.url)
        usual = (str(EXAMPLE), *_ADMIN) if durable else IN_MEMORY
        place = ("--port", "0", "--unixsocket", str(self.path), "--dir", str(self._directory))
        self._command = [shutil.which("redis-server", path=SEARCH) or "", *usual, *place, *options]
        self._login: Sequence[str] = ("--user", "admin", "--pass", "admin") if durable else ()
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        shutil.rmtree(self._directory)

    def start(self) -> None:
        """Start it, and wait until it says that it is ready."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        seen = ""
        for line in self._process.stdout:
            seen += line
            if READY in line:
                return
        self.kill()
        raise NotStartedError(f"redis-server did not start:\n{seen}")

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it as a power failure would."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def cli(self, *words: str) -> str:
        """Return what it answers to a command."""
        login = [*self._login, "--no-auth-warning"]
        command = ["redis-cli", "-s", str(self.path), "--raw", *login, *words]
        done = subprocess.run(command, check=True, capture_output=True, timeout=20)
        return done.stdout.decode("utf-8", "replace").removesuffix("\n")

    def flush(self) -> None:
        """Forget everything."""
        assert self.cli("FLUSHALL") == "OK"

    def content(self) -> dict[str, str]:
        """Return every key and its value, but for those of probes."""
        keys = [key for key in self.cli("KEYS", "*").splitlines() if ":probe:" not in key]
        return {key: self._value(key) for key in keys}

    def _value(self, key: str) -> str:
        is_text = self.cli("TYPE", key) == "string"
        return self.cli("GET", key) if is_text else self.cli("HGETALL", key)
