"""The gate asks everything on every request."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from octet.schema import CODES
from octet.service.credentials import (
    KeyringGate,
    KeyringWatch,
    Kind,
    OpenGate,
    RefusedError,
    gate,
)
from octet.service.credentials.instant import to_text
from octet.service.credentials.post import Post
from octet.service.credentials.tokens import verify
from octet.service.realm import DEV, Realm
from tests.service.credentials.posts import BODY, signed_post
from tests.service.fakes import NOW_MS, Cupboard


class House:
    """A gate, its keyring, and its clocks."""

    def __init__(self, path: Path) -> None:
        self.cupboard = Cupboard(path)
        self.now_ms = NOW_MS
        self.watch = KeyringWatch(self.cupboard.file, monotonic=lambda: self.now_ms / 1000)
        self.gate = KeyringGate(self.watch, epoch_ms=lambda: self.now_ms)

    def enter(self, kind: Kind, token: str) -> Realm:
        if kind is Kind.LICENSE:
            return self.gate.license(token, Post()).realm
        return self.gate.partner_key(token).realm

    def refusal(self, kind: Kind, token: str) -> str:
        with pytest.raises(RefusedError) as caught:
            self.enter(kind, token)
        assert caught.value.code in CODES
        return caught.value.code


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "keyring.json")


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("live", [True, False])
def test_realm(house: House, kind: Kind, live: bool) -> None:
    """A good credential opens the realm of its partner and its world."""
    token = house.cupboard.issue(kind, partner="acme", live=live)
    assert house.enter(kind, token) == Realm("acme", live=live)


@pytest.mark.parametrize(
    ("changes", "license_code", "partner_code"),
    [
        ({"product": "toaster"}, "license_wrong_product", "partner_key_invalid"),
        ({"exp": to_text(NOW_MS)}, "license_expired", "partner_key_invalid"),
        ({"nbf": to_text(NOW_MS + 1000)}, "license_not_yet_valid", "partner_key_invalid"),
    ],
)
def test_refusals(
    house: House, changes: dict[str, Any], license_code: str, partner_code: str
) -> None:
    """What is wrong with a licence is told; a partner key is just not valid."""
    for kind, code in ((Kind.LICENSE, license_code), (Kind.PARTNER, partner_code)):
        assert house.refusal(kind, house.cupboard.issue(kind, **changes)) == code


@pytest.mark.parametrize("kind", list(Kind))
def test_absent_and_invalid(house: House, kind: Kind) -> None:
    """No credential is missing, nonsense is invalid, and the other kind is invalid too."""
    name = "license" if kind is Kind.LICENSE else "partner_key"
    other = Kind.PARTNER if kind is Kind.LICENSE else Kind.LICENSE
    assert house.refusal(kind, "") == f"{name}_missing"
    assert house.refusal(kind, "nonsense") == f"{name}_invalid"
    assert house.refusal(kind, house.cupboard.issue(other)) == f"{name}_invalid"


@pytest.mark.parametrize("kind", list(Kind))
async def test_revocation(house: House, kind: Kind) -> None:
    """A credential in use is revoked by the next look at the keyring, and stays so."""
    token = house.cupboard.issue(kind)
    await house.watch.refresh()
    house.enter(kind, token)
    house.cupboard.revoke()
    await house.watch.refresh()
    name = "license" if kind is Kind.LICENSE else "partner_key"
    assert house.refusal(kind, token) == f"{name}_revoked"


def test_expiry_of_a_remembered_token(house: House) -> None:
    """A remembered signature does not outlive the window."""
    token = house.cupboard.issue(exp=to_text(NOW_MS + 10_000))
    house.enter(Kind.LICENSE, token)
    house.now_ms = NOW_MS + 9_999
    house.enter(Kind.LICENSE, token)
    house.now_ms = NOW_MS + 10_000
    assert house.refusal(Kind.LICENSE, token) == "license_expired"


async def test_rotation(house: House) -> None:
    """Old and new tokens are both good after a rotation; a key that is removed closes its own."""
    old = house.cupboard.issue()
    house.enter(Kind.LICENSE, old)
    house.cupboard.file.update(lambda k: k.rotated(to_text(NOW_MS)))
    new = house.cupboard.issue()
    await house.watch.refresh()
    assert house.enter(Kind.LICENSE, old) == house.enter(Kind.LICENSE, new)
    text = house.cupboard.file.read()
    house.cupboard.file.update(lambda k: evolve(k, keys=(text.active,)))
    await house.watch.refresh()
    house.enter(Kind.LICENSE, new)
    assert house.refusal(Kind.LICENSE, old) == "license_invalid"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"signing_keys": ("A" * 43,)}, "edge_signature_required"),
        ({"client_certs": ("a" * 64,)}, "client_cert_required"),
        ({"client_certs": ("a" * 64,), "signing_keys": ("A" * 43,)}, "client_cert_required"),
    ],
)
def test_demands(house: House, changes: dict[str, Any], code: str) -> None:
    """What a licence demands it is not taken without."""
    assert house.refusal(Kind.LICENSE, house.cupboard.issue(**changes)) == code


def test_client_certificate(house: House) -> None:
    """A licence that names certificates is taken with any of them, and with no other."""
    licence = house.cupboard.issue(client_certs=("a" * 64, "b" * 64))
    for thumbprint in ("a" * 64, "b" * 64):
        post = Post(client_certificate=thumbprint)
        assert house.gate.license(licence, post).realm == Realm("acme", live=True)
    with pytest.raises(RefusedError, match="client_cert_required"):
        house.gate.license(licence, Post(client_certificate="c" * 64))


def test_signature(house: House) -> None:
    """A licence that names keys gives the signature that the body has to fit; others give none."""
    post, key = signed_post(house.cupboard.issue())
    licence = house.cupboard.issue(signing_keys=(key,))
    assert house.gate.license(house.cupboard.issue(), post).signature is None
    post, _ = signed_post(licence)
    signature = house.gate.license(licence, post).signature
    assert signature is not None
    assert signature.covers(BODY)
    assert not signature.covers(BODY + b" ")


def test_signatures_are_remembered(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token's signature is verified once, and so many tokens at most are remembered."""
    verified = counting(verify)
    monkeypatch.setattr(gate, "verify", verified)
    monkeypatch.setattr(gate, "MAX_REMEMBERED", 2)
    first, second, third = (house.cupboard.issue() for _ in range(3))
    for token in (first, first, second, first, third):
        house.enter(Kind.LICENSE, token)
    assert verified.calls == 3
    house.enter(Kind.LICENSE, first)
    assert verified.calls == 3
    house.enter(Kind.LICENSE, second)
    assert verified.calls == 4


async def test_fault(house: House) -> None:
    """The gate says when its keyring cannot be used, and when it can again."""
    assert "is not looked at" in str(house.gate.fault())
    await house.watch.refresh()
    assert house.gate.fault() is None
    house.cupboard.file.path.chmod(0o644)
    await house.watch.refresh()
    assert "mode 600" in str(house.gate.fault())
    house.cupboard.file.path.chmod(0o600)
    await house.watch.refresh()
    assert house.gate.fault() is None


@pytest.mark.parametrize("token", ["", "octet_live_anything"])
def test_open_gate(token: str) -> None:
    """Without a keyring every request is in the developer's realm, whatever credential it bears."""
    door = OpenGate()
    assert door.license(token, Post(loopback=True)).realm == DEV
    assert door.partner_key(token, loopback=True).realm == DEV
    assert door.fault() is None


@pytest.mark.parametrize("token", ["", "octet_live_anything"])
def test_open_gate_is_closed_to_the_network(token: str) -> None:
    """What did not come from this machine does not pass without a keyring."""
    door = OpenGate()
    with pytest.raises(RefusedError, match="license_missing"):
        door.license(token, Post())
    with pytest.raises(RefusedError, match="partner_key_missing"):
        door.partner_key(token, loopback=False)


class counting:  # noqa: N801 - reads as a function
    """Wraps a function and counts its calls."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.calls = 0

    def __call__(self, *args: Any) -> Any:
        self.calls += 1
        return self.function(*args)
