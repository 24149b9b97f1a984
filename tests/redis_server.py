"""A real Redis of the test's own: on a Unix socket, without a file on disk unless asked for."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from octet.service.redis import RedisAddress

READY = "eady to accept connections"
"""Of TCP with a capital, of a Unix socket without."""
SEARCH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin"))
IN_MEMORY = ("--port", "0", "--save", "", "--appendonly", "no")
DURABLE = ("--port", "0", "--appendonly", "yes", "--appendfsync", "always")


class NotStartedError(Exception):
    """It ended instead."""


class RedisServer:
    """Can be stopped, killed and started again where it was."""

    def __init__(self, *options: str) -> None:
        """Start it with *options* of its command line; without any it keeps nothing on disk."""
        self._options = options or IN_MEMORY
        self._directory = Path(tempfile.mkdtemp(prefix="octet-redis-"))  # a socket's path is short
        self.path = self._directory / "redis.sock"
        self.url = f"unix://{self.path}"
        self.address = RedisAddress.parse(self.url)
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
        place = ("--unixsocket", str(self.path), "--dir", str(self._directory))
        self._process = subprocess.Popen(
            [shutil.which("redis-server", path=SEARCH) or "", *place, *self._options],
            stdout=subprocess.PIPE,
            text=True,
        )
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

    def end(self) -> None:
        """Ask it to end, as an operator would."""
        self._process.terminate()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def cli(self, *words: str) -> str:
        """Return what it answers to a command."""
        command = ["redis-cli", "-s", str(self.path), "--raw", *words]
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
