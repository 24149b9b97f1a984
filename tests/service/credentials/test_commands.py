"""``octet-service keys``, from the command line to the file."""

import hashlib
import json
import ssl
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from octet.service.__main__ import main
from octet.service.credentials import KeyringFile
from octet.service.credentials.commands import DAY_MS
from octet.service.credentials.errors import TokenError
from octet.service.credentials.tokens import verify
from tests.certificates import Certificate
from tests.service.fakes import NOW_MS


class Desk:
    """Runs commands on one keyring."""

    def __init__(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path = path
        self._capsys = capsys

    def run(self, *arguments: str, status: int = 0) -> tuple[str, str]:
        assert main(["keys", "--keyring", str(self.path), *arguments]) == status
        out, err = self._capsys.readouterr()
        return out, err

    def rows(self) -> list[dict[str, Any]]:
        rows = json.loads(self.run("list", "--json")[0])
        assert isinstance(rows, list)
        return rows


@pytest.fixture
def desk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Desk:
    monkeypatch.setattr("octet.service.clock.epoch_ms", lambda: NOW_MS)
    desk = Desk(tmp_path / "keyring.json", capsys)
    desk.run("init")
    return desk


@pytest.mark.parametrize(
    ("command", "kind"), [("issue-license", "license"), ("issue-partner-key", "partner")]
)
@pytest.mark.parametrize("test", [True, False])
def test_issue(desk: Desk, command: str, kind: str, test: bool) -> None:
    """Standard output is the token alone; the list knows it, the file does not hold it."""
    out, err = desk.run(command, "--partner", "acme", "--days", "2", *(["--test"] if test else []))
    token = out.removesuffix("\n")
    assert token not in err
    assert token not in desk.path.read_text()
    claims = verify(token, KeyringFile(desk.path).read().verifiers).claims
    assert desk.rows() == [
        {
            "jti": claims.jti,
            "kind": kind,
            "partner": "acme",
            "live": not test,
            "nbf": "2026-09-21T14:13:20+00:00",
            "exp": "2026-09-23T14:13:20+00:00",
            "revoked": False,
        }
    ]


def test_quota_and_signing_keys(desk: Desk) -> None:
    """Quota and signing keys get into the token, in whichever base64 the key came."""
    raw = ("A" * 42 + "8", "+/" * 21 + "8=")
    keys = [part for key in raw for part in ("--signing-key", key)]
    out, _ = desk.run("issue-license", "--partner", "acme", "--quota", "60", *keys)
    claims = verify(out.strip(), KeyringFile(desk.path).read().verifiers).claims
    assert claims.quota == 60
    assert claims.signing_keys == ("A" * 42 + "8", "-_" * 21 + "8")


def test_client_certificates(desk: Desk, certificate: Certificate, tmp_path: Path) -> None:
    """A certificate goes into the token by the SHA-256 of its DER, as openssl tells it."""
    pem = certificate.chain.read_text()
    der = ssl.PEM_cert_to_DER_cert(pem)
    other = tmp_path / "leaf-and-more.pem"
    other.write_text(f"# the client's\n{pem}{pem}")
    files = [part for file in (certificate.chain, other) for part in ("--client-cert", str(file))]
    out, _ = desk.run("issue-license", "--partner", "acme", *files)
    claims = verify(out.strip(), KeyringFile(desk.path).read().verifiers).claims
    assert claims.client_certs == (hashlib.sha256(der).hexdigest(),) * 2


def test_revoke(desk: Desk) -> None:
    """A revoked credential is listed as such."""
    desk.run("issue-license", "--partner", "acme")
    jti = desk.rows()[0]["jti"]
    desk.run("revoke", jti)
    assert desk.rows()[0]["revoked"] is True
    assert f"{jti}  license  live  acme  revoked" in desk.run("list")[0]


def test_long_expired_leave_the_list(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """30 days after its end a credential is forgotten by the next change, which says so."""
    desk.run("issue-license", "--partner", "old", "--days", "1")
    desk.run("issue-license", "--partner", "bad", "--days", "1")
    desk.run("revoke", desk.rows()[1]["jti"])
    for days, partners, told in (
        (30, ["old", "bad", "day-30"], ""),
        (32, ["bad", "day-30", "day-32"], "forgot 1 credentials that expired over 30 days ago\n"),
    ):
        now_ms = NOW_MS + days * DAY_MS + 1000
        monkeypatch.setattr("octet.service.clock.epoch_ms", lambda now_ms=now_ms: now_ms)
        _, err = desk.run("issue-license", "--partner", f"day-{days}")
        assert [row["partner"] for row in desk.rows()] == partners
        assert err.startswith(told)
        assert ("forgot" in err) is bool(told)


def test_revoke_unknown(desk: Desk) -> None:
    """A mistyped jti fails with status 1."""
    assert "no credential" in desk.run("revoke", "nobody", status=1)[1]


def test_init_never_overwrites(desk: Desk) -> None:
    """A second init fails and says so."""
    assert "exists already" in desk.run("init", status=1)[1]


def test_rotate(desk: Desk) -> None:
    """After a rotation both tokens verify, each by its own key."""
    old = desk.run("issue-license", "--partner", "acme")[0].strip()
    desk.run("rotate")
    new = desk.run("issue-license", "--partner", "acme")[0].strip()
    keys = KeyringFile(desk.path).read().verifiers
    assert verify(old, keys).kid != verify(new, keys).kid


def test_revoke_key(desk: Desk) -> None:
    """A retiring key can be revoked: what it signed is void and listed so, all else stays."""
    old = desk.run("issue-license", "--partner", "old")[0].strip()
    desk.run("rotate")
    new = desk.run("issue-license", "--partner", "new")[0].strip()
    before = KeyringFile(desk.path).read()
    kid = before.keys[0].kid
    assert f"{kid}  operator key  retiring since" in desk.run("list")[0]
    assert "1 known credentials" in desk.run("revoke", kid)[1]
    after = KeyringFile(desk.path).read()
    with pytest.raises(TokenError):
        verify(old, after.verifiers)
    assert verify(new, after.verifiers).kid == after.active.kid
    assert [(row["partner"], row["revoked"]) for row in desk.rows()] == [
        ("old", True),
        ("new", False),
    ]
    assert kid not in desk.run("list")[0]
    assert evolve(after, keys=before.keys) == before


def test_keys_that_cannot_be_revoked(desk: Desk) -> None:
    """The key that signs, and one that is not there, cannot be revoked; nothing changes."""
    before = KeyringFile(desk.path).read()
    assert "rotate first" in desk.run("revoke", before.active.kid, status=1)[1]
    unknown = before.verdict_keys[0].kid
    assert "no operator key" in desk.run("revoke", unknown, status=1)[1]
    assert KeyringFile(desk.path).read() == before


def test_keyring_from_environment(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without --keyring it is OCTET_KEYRING; without both the command ends with status 2."""
    monkeypatch.setenv("OCTET_KEYRING", str(desk.path))
    assert main(["keys", "list", "--json"]) == 0
    assert capsys.readouterr().out == "[]\n"
    monkeypatch.delenv("OCTET_KEYRING")
    assert main(["keys", "list"]) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["issue-license"],
        ["issue-license", "--partner", "acme", "--days", "0"],
        ["issue-license", "--partner", "acme", "--days", "soon"],
        ["issue-license", "--partner", "acme", "--signing-key", "short"],
        ["issue-partner-key", "--partner", "acme", "--signing-key", "A" * 43],
        ["issue-license", "--partner", "acme", "--client-cert", "/nowhere.pem"],
        ["issue-license", "--partner", "acme", "--client-cert", __file__],
        ["issue-partner-key", "--partner", "acme", "--client-cert", __file__],
    ],
)
def test_usage(desk: Desk, arguments: list[str]) -> None:
    """A command line that makes no sense ends with status 2."""
    with pytest.raises(SystemExit) as caught:
        desk.run(*arguments)
    assert caught.value.code == 2


@pytest.mark.parametrize("partner", ["", "a b", "ä", "x" * 129])
def test_partner_must_be_an_identifier(desk: Desk, partner: str) -> None:
    """A partner's id that no token could carry is refused, and nothing is issued."""
    assert "partner" in desk.run("issue-license", "--partner", partner, status=1)[1]
    assert desk.rows() == []
