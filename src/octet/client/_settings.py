"""Where the command ``octet`` gets its settings from: flags first, then the environment."""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TextIO, TypeVar

from attrs import define, field

T = TypeVar("T")


class UsageError(Exception):
    """The command cannot start; says everything that is wrong."""


@define
class Settings:
    """Faults are gathered, and named at once."""

    _options: argparse.Namespace
    _variables: Mapping[str, str]
    _stdin: TextIO
    _faults: list[str] = field(factory=list)

    def url(self) -> str:
        """Return the service's base URL."""
        return self._needed(self._options.url or self._variables.get("OCTET_URL"), "OCTET_URL")

    def partner(self) -> str:
        """Return the partner's id."""
        given = self._options.partner or self._variables.get("OCTET_PARTNER")
        return self._needed(given, "OCTET_PARTNER")

    def partner_key(self) -> str:
        """Return the partner key: never an argument, for all users of a machine see those."""
        file = self._options.partner_key_file or self._variables.get("OCTET_PARTNER_KEY_FILE")
        if not file:
            return self._needed(self._variables.get("OCTET_PARTNER_KEY"), "OCTET_PARTNER_KEY")
        try:
            return Path(file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            self._faults.append("the file with the partner key cannot be read")
            return ""

    def standard_input(self) -> str:
        """Return what is piped in."""
        return self._stdin.read().strip()

    def making(self, make: Callable[[], T]) -> T:
        """Return what *make* makes; what it refuses is a mistake in the settings.

        Raises:
            UsageError: it refused.
        """
        try:
            return make()
        except ValueError as exc:
            raise UsageError(str(exc)) from exc

    def check(self) -> None:
        """Refuse to start with faults.

        Raises:
            UsageError: with all of them.
        """
        if self._faults:
            raise UsageError("; ".join(self._faults))

    def _needed(self, value: str | None, name: str) -> str:
        if not value:
            self._faults.append(f"{name} must be set")
        return value or ""
