"""The name that one partner gets for a device, and nobody else.

name = HMAC-SHA256(HKDF-Expand(device secret, partner and world), facts), its first 128 bits

Without the secret of the keyring nobody can tell whether two partners' names are of one device, nor
try facts until a name comes out.
"""

import base64
import hmac
from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from octet.schema import Signals, encode
from octet.service.credentials.keyring import Keyring
from octet.service.device.facts import DeviceFacts, device_facts
from octet.service.device.rarity import singles_out
from octet.service.realm import Realm

PREFIX: Final = "dk_"
KEY_BYTES: Final = 32
NAME_BYTES: Final = 16


class DeviceKeys:
    """Derives device keys from the secret of the keyring in force."""

    def __init__(self, keyring: Callable[[], Keyring]) -> None:
        self._keyring = keyring

    def of(self, realm: Realm, signals: Signals) -> str | None:
        """Return the key of the device behind *signals*; None where they do not single one out."""
        facts = device_facts(signals)
        if facts is None or not singles_out(facts):
            return None
        return _name(self._keyring().device_secret, realm, facts)


def _name(secret: str, realm: Realm, facts: DeviceFacts) -> str:
    world = encode({"use": "device key 1", "partner": realm.partner, "live": realm.live})
    expand = HKDFExpand(algorithm=SHA256(), length=KEY_BYTES, info=world)
    key = expand.derive(base64.urlsafe_b64decode(secret + "="))
    digest = hmac.digest(key, encode(facts), "sha256")[:NAME_BYTES]
    return PREFIX + base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
