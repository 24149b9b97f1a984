"""``octet-service explain``, from the command line to what the operator sees."""

import io
import json
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from octet.schema import encode, unstructure
from octet.service.__main__ import main
from tests.service.engine import sessions
from tests.service.engine.sessions import session

HOME = session()
TUNNEL = session(sessions.DUTCH_EXIT, edge="amsterdam", kernel_ms=15.0, identity="0001")
BATCH = json.dumps({"envelopes": [unstructure(HOME), unstructure(TUNNEL)]}).encode()


class Desk:
    """Runs the command on a file that holds some bytes."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path = folder / "envelope.json"
        self._capsys = capsys

    def run(self, text: bytes, *options: str, status: int = 0) -> tuple[str, str]:
        self.path.write_bytes(text)
        assert main(["explain", str(self.path), *options]) == status
        out, err = self._capsys.readouterr()
        return out, err


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], atlas_path: Path) -> Desk:
    return Desk(tmp_path, capsys)


def test_a_terminal_view(desk: Desk) -> None:
    """Every part is there, in at most 100 columns, and says what the engine believes."""
    out, err = desk.run(encode(TUNNEL))
    assert err == ""
    for part in ("VERDICT   DE", "TRANSPORT\n  vpn", "EXIT\n  NL", "EVIDENCE", "MISSING"):
        assert part in out
    assert sessions.DUTCH_EXIT in out
    assert "AS212238" in out
    assert max(map(len, out.splitlines())) <= 100


def test_one_of_a_batch(desk: Desk) -> None:
    """--index chooses an envelope of a batch."""
    for index, envelope in enumerate((HOME, TUNNEL)):
        out, _ = desk.run(BATCH, "--json", "--index", str(index))
        assert json.loads(out)["id"] == envelope.id


def test_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, atlas_path: Path
) -> None:
    """A hyphen reads from standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(encode(HOME))))
    assert main(["explain", "-", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["country"] == "DE"


def test_a_page(desk: Desk, tmp_path: Path) -> None:
    """The page is written for the operator's eyes only, and nothing else is said."""
    page = tmp_path / "page.html"
    out, err = desk.run(encode(HOME), "--html", str(page))
    assert (out, err) == ("", "")
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert stat.S_IMODE(page.stat().st_mode) == 0o600


def broken(**changes: Any) -> bytes:
    raw = unstructure(HOME)
    return json.dumps({**raw, **changes}).encode()


REFUSED = [
    (b"", (), "is not strict JSON"),
    (b"{", (), "is not strict JSON"),
    (b"[]", (), "holds no valid envelope: must be an object"),
    (b"{}", (), "edge: is required"),
    (broken(receivedAt="now"), (), "receivedAt: must be an integer"),
    (b'{"envelopes": []}', (), "holds an empty batch"),
    (BATCH, (), "holds 2 envelopes: choose one with --index 0 to 1"),
    (BATCH, ("--index", "2"), "holds 2 envelopes, and none at index 2"),
    (encode(HOME), ("--index", "1"), "nothing for --index to choose"),
]


@pytest.mark.parametrize(("text", "options", "said"), REFUSED)
def test_what_cannot_be_read(desk: Desk, text: bytes, options: tuple[str, ...], said: str) -> None:
    """A file without the envelope asked for is refused in one line, with status 2."""
    out, err = desk.run(text, *options, status=2)
    assert out == ""
    assert said in err
    assert str(desk.path) in err
    assert "Traceback" not in err


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A missing file is named, with status 2."""
    assert main(["explain", str(tmp_path / "none.json")]) == 2
    assert "cannot be read: No such file" in capsys.readouterr().err


def test_tables_that_are_not_there(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bad settings are named as the service names them, and no keyring is asked for."""
    monkeypatch.setenv("OCTET_ATLAS", "/none")
    _, err = desk.run(encode(HOME), status=2)
    assert "OCTET_ATLAS" in err
    assert "OCTET_KEYRING" not in err


def test_a_page_that_cannot_be_written(desk: Desk, tmp_path: Path) -> None:
    """A page that has no folder is a failure of its own."""
    _, err = desk.run(encode(HOME), "--html", str(tmp_path / "none" / "page.html"), status=1)
    assert "cannot be written" in err


def test_the_page_shows_what_is_printed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """What `docs/service.md` shows are lines of an explanation, in their order."""
    page = Path("docs/service.md").read_text(encoding="utf-8")
    _, _, rest = page.partition("$ octet-service explain envelope.json\n")
    shown = rest.partition("```")[0].splitlines()
    file = tmp_path / "envelope.json"
    file.write_bytes(encode(session(sessions.DUTCH_EXIT, edge="amsterdam")))
    assert main(["explain", str(file)]) == 0
    printed = iter([line.rstrip() for line in capsys.readouterr().out.splitlines()])
    assert len(shown) > 15
    for line in shown:
        assert line == "…" or line in printed, line
