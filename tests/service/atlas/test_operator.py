from ipaddress import ip_address
from pathlib import Path

import pytest

from octet.service.atlas import Atlas, OperatorError, OperatorTables
from octet.service.atlas.as_types import AsType
from octet.service.atlas.operator import Database, read_list
from octet.service.engine import Engine
from tests.service.atlas.mmdb import write_mmdb
from tests.service.engine.sessions import GERMAN_HOME, session

HOME = ip_address(GERMAN_HOME)


@pytest.fixture
def country(tmp_path: Path) -> Path:
    return write_mmdb(
        tmp_path / "country.mmdb",
        {
            "91.0.0.0/10": {"country": {"iso_code": "FR"}},
            "5.0.0.0/8": {"registered_country": {"iso_code": "NL"}},
            "6.0.0.0/8": {"country_code": "SE"},
            "7.0.0.0/8": {"country": {"iso_code": "XX"}},
            "8.0.0.0/8": {"traits": "none"},
        },
    )


@pytest.fixture
def system(tmp_path: Path) -> Path:
    return write_mmdb(
        tmp_path / "system.mmdb",
        {
            "91.0.0.0/10": {
                "autonomous_system_number": 4_200_000_001,
                "autonomous_system_organization": "Some VPS Hosting",
            },
            "5.0.0.0/8": {"autonomous_system_number": 3320},
        },
    )


@pytest.mark.parametrize(
    ("address", "code"),
    [
        (GERMAN_HOME, "FR"),
        ("5.1.1.1", "NL"),
        ("6.1.1.1", "SE"),
        ("7.1.1.1", "XX"),
        ("8.1.1.1", None),
        ("9.1.1.1", None),
        ("2003:c0::1", None),
    ],
)
def test_countries(country: Path, address: str, code: str | None) -> None:
    """MaxMind's layouts are read, and an IPv4 database knows no IPv6."""
    assert OperatorTables.open(country=country).country_of(ip_address(address)) == code


def test_its_country_is_one_more_vote(atlas: Atlas, country: Path) -> None:
    """The database votes beside the atlas's three; a country that nobody knows is no vote."""
    mine = atlas.with_operator(OperatorTables.open(country=country))
    votes, _, _ = mine.addresses.look_up([GERMAN_HOME, "7.1.1.1", "9.1.1.1", "10.0.0.1"])
    german, french = atlas.country_row["DE"], atlas.country_row["FR"]
    assert votes[0].tolist() == [german, german, german, french]
    assert votes[1:, 3].tolist() == [-1, -1, -1]
    assert mine.vote_share.shape == (4, len(atlas.countries))
    assert mine.as_name(3320) == atlas.as_name(3320)


def test_the_vote_counts(atlas: Atlas, engine: Engine, country: Path) -> None:
    """A verdict against which the operator's database speaks is less sure than without it."""
    envelope = session(zone=None, languages=None, edge=None, kernel_ms=None, delta_ms=None)
    mine = Engine(atlas.with_operator(OperatorTables.open(country=country)))
    [before], [after] = engine.judge([envelope]), mine.judge([envelope])
    assert before.country == after.country == "DE"
    assert after.confidence < before.confidence


def test_its_systems_come_first(atlas: Atlas, system: Path) -> None:
    """What the database says of an address's system stands; its type is told by the usual rule."""
    mine = atlas.with_operator(OperatorTables.open(system=system))
    _, types, numbers = mine.addresses.look_up([GERMAN_HOME, "5.1.1.1", "9.1.1.1"])
    assert numbers[:2].tolist() == [4_200_000_001, 3320]
    assert types[:2].tolist() == [AsType.HOSTING, AsType.ACCESS]


def test_listed_systems_are_hosts(atlas: Atlas, tmp_path: Path) -> None:
    """A system on the operator's list is hosting, whatever its name."""
    path = tmp_path / "list.txt"
    path.write_text("# ours\n\nAS3320 Deutsche Telekom\nas64500\n 64501 # private\n")
    assert read_list(path) == {3320, 64500, 64501}
    mine = atlas.with_operator(OperatorTables.open(lists=[path]))
    assert mine.addresses.look_up([GERMAN_HOME])[1].tolist() == [AsType.HOSTING]
    assert atlas.addresses.look_up([GERMAN_HOME])[1].tolist() == [AsType.ACCESS]


@pytest.mark.parametrize("text", [b"AS1\nDE\n", b"\xff\xfe", b"AS\n", b"AS99999999999\n"])
def test_lists_that_are_none(tmp_path: Path, text: bytes) -> None:
    """A list that cannot be understood is refused, with its name."""
    path = tmp_path / "list.txt"
    path.write_bytes(text)
    with pytest.raises(OperatorError, match=r"list\.txt"):
        read_list(path)


def test_files_that_are_no_databases(tmp_path: Path) -> None:
    """A missing file and a file of something else are refused."""
    (tmp_path / "other").write_bytes(b"no database")
    for name in ("other", "missing"):
        with pytest.raises(OperatorError, match="no database"):
            Database.open(tmp_path / name)


def test_a_damaged_database_says_nothing(country: Path) -> None:
    """Damage that shows only in a lookup costs the vote, not the verdict."""
    data = bytearray(country.read_bytes())
    start = data.index(b"iso_code") - 30
    data[start : start + 30] = b"\xff" * 30
    country.write_bytes(bytes(data))
    assert OperatorTables.open(country=country).country_of(HOME) in {None, "FR"}
