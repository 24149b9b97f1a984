"""Names of devices, a partner's own."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octet.service.credentials import Keyring
from octet.service.device import DeviceKeys
from octet.service.realm import Realm
from tests.service.device.machines import CHROME, COMMON, LINUX, RARE, signals
from tests.service.fakes import ACME

THEN = "2026-09-21T00:00:00+00:00"
KEYRING = Keyring.fresh(THEN)
KEYS = DeviceKeys(lambda: KEYRING)
REALMS = st.builds(Realm, st.from_regex(r"[!-~]{1,16}", fullmatch=True), st.booleans())


def name_of(raw: dict[str, Any], realm: Realm = ACME, keys: DeviceKeys = KEYS) -> str | None:
    return keys.of(realm, signals(raw))


def test_form() -> None:
    """A name is short, opaque, and tells nothing of the machine."""
    assert re.fullmatch(r"dk_[A-Za-z0-9_-]{22}", name_of(RARE) or "")


def test_returning() -> None:
    """The same browser has the same name after an update and after a rotation of keys."""
    updated = RARE | {"userAgent": {"value": {"ua": CHROME.format(LINUX, 181)}}}
    rotated = DeviceKeys(lambda: KEYRING.rotated(THEN))
    assert name_of(RARE) == name_of(updated) == name_of(RARE, keys=rotated)


def test_another_machine() -> None:
    """Another machine has another name."""
    other = RARE | {"hardware": {"value": {"platform": "Linux x86_64", "cores": 56}}}
    assert name_of(other) not in {None, name_of(RARE)}


@given(one=REALMS, two=REALMS)
def test_partners(one: Realm, two: Realm) -> None:
    """Two partners, or a partner's live and test data, have different names for one device."""
    assert (name_of(RARE, one) == name_of(RARE, two)) is (one == two)


def test_another_secret() -> None:
    """Names hang on the keyring's secret: nobody without it can make or compare them."""
    other = DeviceKeys(lambda: Keyring.fresh(THEN))
    assert name_of(RARE, keys=other) != name_of(RARE)


@pytest.mark.parametrize("kind", COMMON)
def test_common(kind: str) -> None:
    """What cannot be told from others has no name."""
    assert name_of(COMMON[kind]) is None
