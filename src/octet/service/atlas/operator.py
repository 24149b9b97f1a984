"""What the operator adds to the atlas: databases in MaxMind's format, and lists of hosts' systems.

A country database is one more vote, an AS database tells the system of an address before the
atlas does, and a listed system is one of hosts, whatever its name. They are opened once, at
start-up; a lookup is a search in memory or in a mapped file, as in the atlas itself.

Records are read as MaxMind lays them out (``country.iso_code``, else ``registered_country``;
``autonomous_system_number``, ``autonomous_system_organization``) and as the atlas's own sources do
(``country_code``).
"""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any, Self

import maxminddb
from attrs import frozen

_LINE = re.compile(r"(?:AS)?([0-9]{1,10})\b.*", re.IGNORECASE)
_V4 = 4


class OperatorError(ValueError):
    """A file of the operator's cannot be used; the message goes behind the variable's name."""


@frozen(eq=False)
class Database:
    """One database in MaxMind's format."""

    _reader: Any
    """maxminddb's; it may be asked from several threads."""

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a database.

        Raises:
            OperatorError: it is none.
        """
        try:
            return cls(maxminddb.open_database(path))
        except (OSError, ValueError, maxminddb.InvalidDatabaseError) as exc:
            raise OperatorError("names no database in MaxMind's format") from exc

    @classmethod
    def check(cls, path: Path) -> None:
        """Open a database and close it again.

        Raises:
            OperatorError: it is none.
        """
        cls.open(path).close()

    def close(self) -> None:
        """Let go of the file; nothing can be asked any more."""
        self._reader.close()

    def record(self, address: IPv4Address | IPv6Address) -> dict[str, Any]:
        """Return what it says of an address, empty for nothing and for what is damaged."""
        if address.version > self._reader.metadata().ip_version:
            return {}
        try:
            found = self._reader.get(address)
        except maxminddb.InvalidDatabaseError:
            return {}
        return found if isinstance(found, dict) else {}


@frozen(kw_only=True)
class OperatorTables:
    """All that an operator adds; nothing of it by default."""

    country: Database | None = None
    system: Database | None = None
    hosts: frozenset[int] = frozenset()
    """Numbers of autonomous systems of hosts."""

    @classmethod
    def open(
        cls, *, country: Path | None = None, system: Path | None = None, lists: Iterable[Path] = ()
    ) -> Self:
        """Open the files that are there.

        Raises:
            OperatorError: one of them cannot be used.
        """
        return cls(
            country=None if country is None else Database.open(country),
            system=None if system is None else Database.open(system),
            hosts=frozenset(number for path in lists for number in read_list(path)),
        )

    @property
    def says_anything(self) -> bool:
        """Whether there is anything to ask."""
        return bool(self.country or self.system or self.hosts)

    def country_of(self, address: IPv4Address | IPv6Address) -> str | None:
        """Return the country that the operator's database names, ISO 3166-1 alpha-2."""
        if self.country is None:
            return None
        record = self.country.record(address)
        for name in ("country", "registered_country"):
            part = record.get(name)
            if isinstance(part, dict) and isinstance(part.get("iso_code"), str):
                return str(part["iso_code"])
        code = record.get("country_code")
        return code if isinstance(code, str) else None

    def system_of(self, address: IPv4Address | IPv6Address) -> tuple[int, str] | None:
        """Return number and name of the system that the operator's database names."""
        if self.system is None:
            return None
        record = self.system.record(address)
        number = record.get("autonomous_system_number")
        if not isinstance(number, int):
            return None
        return number, str(record.get("autonomous_system_organization", ""))


def read_list(path: Path) -> frozenset[int]:
    """Read a list of systems: ``AS64500`` a line, what follows and after ``#`` is a comment.

    Raises:
        OperatorError: it cannot be read, or a line names no system.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise OperatorError(f"names a list that cannot be read: {path.name}") from exc
    numbers = set()
    for place, line in enumerate(lines, 1):
        told = line.partition("#")[0].strip()
        match = _LINE.fullmatch(told)
        if told and match is None:
            raise OperatorError(f"names a list whose line {place} is no AS number: {path.name}")
        if match is not None:
            numbers.add(int(match[1]))
    return frozenset(numbers)
