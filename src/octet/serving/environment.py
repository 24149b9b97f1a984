"""Settings from environment variables: every fault is named at once, before anything starts."""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar

T = TypeVar("T")

MAX_PORT: Final = 65535

_FLAGS = {"1": True, "true": True, "on": True, "0": False, "false": False, "off": False, "": False}


class ConfigError(Exception):
    """The configuration cannot be used; `faults` says all that is wrong with it."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(f"  {fault}" for fault in faults))
        self.faults = faults


def read_host(text: str) -> str:
    """Read an address or a host name.

    Raises:
        ValueError: no resolver would take it.
    """
    try:
        text.encode("idna")
    except UnicodeError as exc:
        raise ValueError("must be an address or a host name") from exc
    return text


class Environment:
    """Reads variables one by one and gathers what is wrong with them.

    An empty variable counts as unset. After the last read, call `finish`.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._faults: list[str] = []

    def fault(self, name: str, reason: str) -> None:
        """Note that *name* is unusable."""
        self._faults.append(f"{name} {reason}")

    def take(self, error: ConfigError) -> None:
        """Note the faults of *error*, which name their variables."""
        self._faults += error.faults

    def text(self, name: str, default: str = "") -> str:
        """Return the variable without surrounding blanks."""
        return self._variables.get(name, "").strip() or default

    def value(self, name: str, default: T, parse: Callable[[str], T]) -> T:
        """Return the variable as *parse* reads it; what *parse* raises as ValueError is a fault."""
        text = self.text(name)
        if not text:
            return default
        try:
            return parse(text)
        except ValueError as exc:
            self.fault(name, str(exc))
            return default

    def integer(self, name: str, default: int, *, low: int = 0, high: int = 2**31) -> int:
        """Return the variable as a decimal integer from *low* to *high*."""

        def parse(text: str) -> int:
            if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
                raise ValueError(f"must be an integer from {low} to {high}")
            return int(text)

        return self.value(name, default, parse)

    def flag(self, name: str) -> bool:
        """Return whether the variable is on (``1``, ``true``, ``on``)."""

        def parse(text: str) -> bool:
            if text.lower() not in _FLAGS:
                raise ValueError("must be 1 or 0")
            return _FLAGS[text.lower()]

        return self.value(name, default=False, parse=parse)

    def address(self, name: str, default: tuple[str, int] | None) -> tuple[str, int] | None:
        """Return the variable as host and port; None where it says ``off``."""

        def parse(text: str) -> tuple[str, int] | None:
            if text == "off":
                return None
            match = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})", text)
            if match is None or int(match[2]) > MAX_PORT:
                raise ValueError("must be host:port, like 127.0.0.1:9464 or [::1]:9464, or off")
            return read_host(match[1].strip("[]")), int(match[2])

        return self.value(name, default, parse)

    def file(self, name: str) -> Path | None:
        """Return the variable as the path of a file that can be read."""

        def parse(text: str) -> Path:
            path = Path(text)
            try:
                with path.open("rb"):
                    return path
            except OSError as exc:
                raise ValueError(f"names a file that cannot be read: {exc.strerror}") from exc

        return self.value(name, None, parse)

    def target(self, name: str) -> Path | None:
        """Return the variable as the path of a file that can be written in its directory."""

        def parse(text: str) -> Path:
            path = Path(text)
            writable = path.parent.is_dir() and os.access(path.parent, os.W_OK | os.X_OK)
            if path.is_dir() or not writable:
                raise ValueError("names a file that cannot be written")
            return path

        return self.value(name, None, parse)

    def pair(self, first: str, second: str) -> tuple[Path, Path] | None:
        """Return two files that only make sense together."""
        paths = self.file(first), self.file(second)
        if bool(self.text(first)) != bool(self.text(second)):
            self.fault(f"{first} and {second}", "must be set both or not at all")
        return (paths[0], paths[1]) if paths[0] and paths[1] else None

    def finish(self) -> None:
        """Raise ConfigError if anything was wrong."""
        if self._faults:
            raise ConfigError(self._faults)
