"""The operator's commands as processes of their own, beside services that run."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from octet.service.credentials import KeyringFile, Kind
from octet.service.credentials.keyring import KeyState
from octet.service.credentials.tokens import verify
from tests.service.fakes import batch, raw_envelope
from tests.service.test_main import Service, clean_environment

REVOKED_S = 60
"""What the contract allows a revocation to take."""
JSON = {"content-type": "application/json"}


class Desk:
    """Runs commands on one keyring, several at once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "octet.service", "keys", "--keyring", str(self.path)]
        return subprocess.Popen(
            [*command, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=clean_environment(),
            text=True,
        )

    def run(self, *arguments: str) -> str:
        return finished(self.begin(*arguments))

    def rows(self) -> list[dict[str, Any]]:
        rows = json.loads(self.run("list", "--json"))
        assert isinstance(rows, list)
        return rows


def finished(process: subprocess.Popen[str]) -> str:
    """Return what a command wrote to standard output, once it has ended well."""
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out.strip()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path / "keyring.json")
    desk.run("init")
    return desk


def test_commands_at_once(desk: Desk) -> None:
    """Issuing, rotating and revoking at the same time loses nothing, and every token verifies."""
    desk.run("issue-license", "--partner", "early")
    early = desk.rows()[0]["jti"]
    issuing = [desk.begin("issue-license", "--partner", f"p{n}") for n in range(2)]
    others = [desk.begin("rotate"), desk.begin("revoke", early)]
    tokens = [finished(process) for process in issuing]
    for process in others:
        finished(process)
    keyring = KeyringFile(desk.path).read()
    issued = {verify(token, keyring.verifiers).claims.jti for token in tokens}
    assert {record.jti for record in keyring.issued} == issued | {early}
    assert keyring.revoked_ids == {early}
    assert [key.state for key in keyring.keys] == [KeyState.RETIRING, KeyState.ACTIVE]
    assert desk.path.stat().st_mode & 0o777 == 0o600


def test_init_at_once(tmp_path: Path) -> None:
    """Of two who make a keyring in one place one succeeds, and the other changes nothing."""
    desk = Desk(tmp_path / "keyring.json")
    started = [desk.begin("init") for _ in range(2)]
    said = [process.communicate(timeout=60)[1] for process in started]
    assert sorted(process.returncode for process in started) == [0, 1]
    (made,) = (text for text in said if text.startswith("made"))
    assert KeyringFile(desk.path).read().active.kid in made


@pytest.fixture
def services(desk: Desk, tmp_path: Path) -> Iterator[list[str]]:
    """Two services that share nothing but the keyring."""
    running = []
    try:
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            running.append(Service(tmp_path / name, OCTET_KEYRING=str(desk.path)))
        yield [service.url() for service in running]
    finally:
        for service in running:
            service.close()


def answers(urls: list[str], licence: str, key: str) -> list[tuple[int, int]]:
    """Return how each service answers a post with *licence* and a read with *key*."""
    found = []
    for url in urls:
        posted = httpx.post(
            f"{url}/v1/signals",
            content=batch(raw_envelope("a")),
            headers=JSON | {"x-octet-license": licence},
            trust_env=False,
        )
        read = httpx.get(
            f"{url}/v1/verdict/sess_12345678",
            headers={"x-octet-partner-key": key},
            trust_env=False,
        )
        found.append((posted.status_code, read.status_code))
    return found


def until(urls: list[str], licence: str, key: str, wanted: tuple[int, int]) -> None:
    """Ask again and again until every service answers as *wanted*; each must, in time."""
    ends = time.monotonic() + REVOKED_S
    while (found := answers(urls, licence, key)) != [wanted] * len(urls):
        assert time.monotonic() < ends, found
        time.sleep(0.2)  # between two questions


def test_every_process_sees_changes(desk: Desk, services: list[str]) -> None:
    """Running services take what is issued and rotated, and drop what is revoked, without a gap."""
    licence = desk.run("issue-license", "--partner", "acme")
    key = desk.run("issue-partner-key", "--partner", "acme")
    until(services, licence, key, (200, 200))
    desk.run("rotate")
    later = desk.run("issue-license", "--partner", "acme")
    until(services, later, key, (200, 200))
    assert answers(services, licence, key) == [(200, 200)] * 2
    old = {row["kind"]: row["jti"] for row in reversed(desk.rows())}
    desk.run("revoke", old[Kind.LICENSE])
    desk.run("revoke", old[Kind.PARTNER])
    until(services, licence, key, (403, 403))
    assert {posted for posted, _ in answers(services, later, key)} == {200}
