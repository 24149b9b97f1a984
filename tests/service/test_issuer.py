"""What a verdict gets before it is a partner's."""

from attrs import evolve

from octet.schema import Envelope, structure
from octet.service.realm import Realm
from tests.service.device.machines import RARE
from tests.service.fakes import ACME, GERMANY, envelope, issuer, raw_envelope


def of_a_rare_machine(ref: str | None = "sess_12345678") -> Envelope:
    raw = raw_envelope("a", ref=ref)
    raw["report"]["signals"] = RARE
    return structure(Envelope, raw)


def test_issue() -> None:
    """A verdict gets the device's name and a token, and is else the engine's."""
    verdict = issuer().issue(ACME, of_a_rare_machine(), GERMANY)
    assert verdict.device_key is not None
    assert verdict.token is not None
    assert evolve(verdict, device_key=None, token=None) == GERMANY


def test_each_partner_another() -> None:
    """Two partners get different names."""
    same = issuer()
    names = {
        same.issue(realm, of_a_rare_machine(), GERMANY).device_key
        for realm in (ACME, Realm("other", live=True), Realm("acme", live=False))
    }
    assert len(names) == 3
    assert None not in names


def test_without_reference() -> None:
    """Where there is nothing to read a verdict by, there is nothing for a token to say."""
    verdict = issuer().issue(ACME, of_a_rare_machine(ref=None), GERMANY)
    assert verdict.token is None
    assert verdict.device_key is not None


def test_common_machine() -> None:
    """A machine like many has no name."""
    assert issuer().issue(ACME, envelope("a"), GERMANY).device_key is None


def test_standing() -> None:
    """A token that is there is kept, one that is not is made."""
    sealed = issuer().issue(ACME, envelope("a"), GERMANY)
    assert issuer().standing(ACME, "sess_12345678", sealed) is sealed
    assert issuer().standing(ACME, "sess_12345678", GERMANY).token is not None
