"""The command ``octet``, against the fake service."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from octet import __version__
from octet.client import OctetSyncClient, _outcome
from octet.client import __main__ as command
from octet.client.testing import FakeOctet
from octet.schema.verdict import Alarm, Location, Verdict

REF = "sess_0123456789abcdefABCDEF"
DE = "sess_fixture_DE_0.91_none"
VARIABLES = (
    "OCTET_URL",
    "OCTET_PARTNER_KEY",
    "OCTET_PARTNER_KEY_FILE",
    "OCTET_PARTNER",
)


@frozen
class Ran:
    """What a command left."""

    status: int
    out: str
    err: str

    @property
    def members(self) -> Any:
        """Its JSON."""
        return json.loads(self.out)


class Octet:
    """Runs the command in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: str, stdin: str = "", **variables: str) -> Ran:
        for name in VARIABLES:
            self._monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            self._monkeypatch.setenv(name, value)
        self._monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        try:
            status = command.main(arguments)
        except SystemExit as end:  # argparse's way out
            status = int(end.code or 0)
        return Ran(status, *self._capsys.readouterr())


@pytest.fixture
def octet(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Octet:
    return Octet(monkeypatch, capsys)


@pytest.fixture
def settings(fake_octet: FakeOctet) -> dict[str, str]:
    return {"OCTET_URL": fake_octet.url, "OCTET_PARTNER_KEY": fake_octet.partner_key}


# --- verdict ---


def test_a_verdict_for_people(
    octet: Octet, settings: dict[str, str], fake_octet: FakeOctet
) -> None:
    """What there is of a verdict stands in a small table."""
    full = Verdict(
        country="DE",
        confidence=0.914,
        alarm=Alarm.LOW,
        estimated_location=Location(52.52, 13.405),
        confidence_radius_km=34.6,
        device_key="dk_1",
        token="v4.public.secret",
    )
    fake_octet.answer_with(REF, full)
    ran = octet("verdict", REF, **settings)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "country     DE",
        "confidence  0.91",
        "alarm       low",
        "location    52.5200, 13.4050, within 35 km",
        "device      dk_1",
    ]


def test_a_verdict_for_programs(octet: Octet, settings: dict[str, str]) -> None:
    """With ``--json`` it is the verdict as on the wire, on one line."""
    ran = octet("verdict", DE, "--json", **settings)
    assert (ran.status, ran.err) == (0, "")
    assert ran.members == {"country": "DE", "confidence": 0.91, "alarm": "none"}
    assert ran.out.count("\n") == 1


def test_a_verdict_without_a_country(octet: Octet, settings: dict[str, str]) -> None:
    """It is said so."""
    ran = octet("verdict", "sess_fixture_none_0.12_low", **settings)
    assert ran.out.splitlines()[0] == "country     unknown"


def test_pending(octet: Octet, settings: dict[str, str]) -> None:
    """No verdict is an exit status of its own."""
    ran = octet("verdict", REF, **settings)
    assert (ran.status, ran.err) == (3, "")
    assert ran.out == f"pending: there is no verdict on {REF}\n"
    ran = octet("verdict", REF, "--json", **settings)
    assert (ran.status, ran.members) == (3, {"status": "pending", "ref": REF})


def test_waiting(octet: Octet, settings: dict[str, str], fake_octet: FakeOctet) -> None:
    """``--wait`` waits for the verdict by long polls."""
    fake_octet.answer(REF, country="FR", after_s=0.2)
    ran = octet("verdict", REF, "--wait", "20", "--json", **settings)
    assert (ran.status, ran.members["country"]) == (0, "FR")
    assert fake_octet.requests[0].wait_ms == 10_000


@pytest.mark.parametrize(
    ("code", "status", "name"),
    [
        ("partner_key_revoked", 4, "CredentialError"),
        ("malformed", 4, "InvalidRequestError"),
        ("rate_limited", 5, "RateLimitedError"),
        ("internal", 5, "ServiceUnavailableError"),
        ("not_found", 6, "ProtocolError"),
    ],
)
def test_failures(
    octet: Octet,
    settings: dict[str, str],
    fake_octet: FakeOctet,
    code: str,
    status: int,
    name: str,
) -> None:
    """Each kind of error has its exit status, and names the request."""
    fake_octet.refuse(code, times=2)
    ran = octet("verdict", REF, **settings)
    assert (ran.status, ran.out) == (status, "")
    assert ran.err.startswith(f"octet: {name}: ")
    assert "request fake-" in ran.err
    ran = octet("verdict", REF, "--json", **settings)
    assert (ran.status, ran.err) == (status, "")
    assert ran.members["error"]["code"] == code


def test_no_service(octet: Octet, settings: dict[str, str]) -> None:
    """Nobody there is no answer."""
    ran = octet("verdict", REF, "--url", "http://127.0.0.1:1", **settings)
    assert ran.status == 5
    assert "no reply" in ran.err


def test_the_key_comes_from_a_file(
    octet: Octet, settings: dict[str, str], tmp_path: Path, fake_octet: FakeOctet
) -> None:
    """By a flag or a variable; the file comes before a key in the environment."""
    file = tmp_path / "key"
    file.write_text(f"{fake_octet.partner_key}\n")
    url = settings["OCTET_URL"]
    assert octet("verdict", DE, "--partner-key-file", str(file), OCTET_URL=url).status == 0
    variables = {"OCTET_URL": url, "OCTET_PARTNER_KEY_FILE": str(file)}
    assert octet("verdict", DE, OCTET_PARTNER_KEY="wrong", **variables).status == 0


@pytest.mark.parametrize(
    ("arguments", "variables", "faults"),
    [
        (("verdict", REF), {}, ["OCTET_URL", "OCTET_PARTNER_KEY"]),
        (("verdict", REF, "--partner-key-file", "/nowhere"), {}, ["OCTET_URL", "cannot be read"]),
        (("verdict", REF, "--url", "octet.example"), {"OCTET_PARTNER_KEY": "k"}, ["base_url"]),
        (("verdict", REF, "--url", "http://o.example"), {"OCTET_PARTNER_KEY": "a b"}, ["ASCII"]),
        (("verdict", REF, "--wait", "-1"), {}, ["--wait"]),
        (("verdict", REF, "--wait", "soon"), {}, ["--wait"]),
        (("verdict", REF, "--partner-key", "secret"), {}, ["unrecognized"]),
        (("verify-token", "x"), {}, ["OCTET_PARTNER", "OCTET_URL"]),
        (("verify-token", "x", "--key", "k4.public.x"), {}, ["OCTET_PARTNER"]),
        ((), {}, ["COMMAND"]),
        (("guess",), {}, ["guess"]),
    ],
)
def test_wrong_usage(
    octet: Octet, arguments: tuple[str, ...], variables: dict[str, str], faults: list[str]
) -> None:
    """All that is wrong is said at once, by exit status 2, and no key is repeated."""
    ran = octet(*arguments, **variables)
    assert (ran.status, ran.out) == (2, "")
    assert all(fault in ran.err for fault in faults)
    assert "a b" not in ran.err


def test_an_interrupt(
    octet: Octet, settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C ends without a traceback."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(OctetSyncClient, "verdict", interrupted)
    assert octet("verdict", REF, **settings) == Ran(130, "", "")


# --- verify-token ---


@pytest.fixture
def token(octet: Octet) -> tuple[FakeOctet, str]:
    """A token of a verdict, and the fake that signed it."""
    fake = FakeOctet(signed=True)
    with fake:
        ran = octet("verdict", DE, "--json", OCTET_URL=fake.url, OCTET_PARTNER_KEY=fake.partner_key)
    return fake, ran.members["token"]


def test_a_good_token(octet: Octet, token: tuple[FakeOctet, str]) -> None:
    """Its verdict is told, with what else it proves; by keys at hand, nobody is asked."""
    fake, text = token
    assert fake.signer is not None
    key = ("--key", fake.signer.paserk, "--partner", "acme", "--test")
    ran = octet("verify-token", text, *key)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines()[:5] == [
        "country     DE",
        "confidence  0.91",
        "alarm       none",
        f"reference   {DE}",
        "partner     acme (test)",
    ]
    ran = octet("verify-token", "-", *key, "--json", stdin=f"{text}\n")
    assert (ran.status, ran.members["ref"], ran.members["live"]) == (0, DE, False)
    assert ran.members["verdict"]["country"] == "DE"


def test_keys_are_fetched(octet: Octet) -> None:
    """Without ``--key`` the service is asked for its keys, and no partner key is needed."""
    with FakeOctet(signed=True) as fake:
        ran = octet("verdict", DE, "--json", OCTET_URL=fake.url, OCTET_PARTNER_KEY=fake.partner_key)
        text = ran.members["token"]
        variables = {"OCTET_URL": fake.url, "OCTET_PARTNER": "acme"}
        assert octet("verify-token", text, "--test", "--ref", DE, **variables).status == 0
        assert fake.requests[-1].path == "/v1/keys"
        assert "x-octet-partner-key" not in fake.requests[-1].headers


def test_a_token_that_proves_nothing(octet: Octet, token: tuple[FakeOctet, str]) -> None:
    """Exit status 1 says so, and the code says which check failed."""
    fake, text = token
    assert fake.signer is not None
    key = ("--key", fake.signer.paserk, "--json")
    for arguments, code in [
        ((text, "--partner", "acme"), "token_wrong_kind"),
        ((text, "--partner", "rival", "--test"), "token_wrong_partner"),
        ((text, "--partner", "acme", "--test", "--ref", REF), "token_wrong_ref"),
        (("nonsense", "--partner", "acme"), "token_malformed"),
    ]:
        ran = octet("verify-token", *arguments, *key)
        assert (ran.status, ran.members["error"]["code"]) == (1, code)


def test_without_the_extra(octet: Octet, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is named."""
    monkeypatch.setitem(sys.modules, "pyseto", None)
    ran = octet("verify-token", "x", "--key", "k4.public.x", "--partner", "acme")
    assert ran.status == 2
    assert "octet[tokens]" in ran.err


# --- installed ---


def test_the_installed_command() -> None:
    """``octet`` is on the path, and ``python -m octet.client`` is the same."""
    installed = str(Path(sys.executable).with_name("octet"))
    for program in ([installed], [sys.executable, "-m", "octet.client"]):
        done = subprocess.run([*program, "--version"], check=True, capture_output=True, text=True)
        assert done.stdout == f"{__version__}\n"


def test_the_help_lists_the_exit_statuses(octet: Octet) -> None:
    """They are documented where one looks for them."""
    ran = octet("--help")
    assert ran.status == 0
    for name in ("NOT_PROVEN", "USAGE", "PENDING", "REFUSED", "NO_ANSWER", "NOT_OCTET"):
        assert f"\n    {getattr(_outcome, name)}  " in ran.out
