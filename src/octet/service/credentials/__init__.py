"""Licences, partner keys, and the operator's keyring that they hang on."""

from octet.service.credentials.errors import (
    CredentialError,
    KeyringError,
    RefusedError,
    TokenError,
)
from octet.service.credentials.gate import Admission, Gate, KeyringGate, OpenGate
from octet.service.credentials.keyring import Keyring, Kind
from octet.service.credentials.keyring_file import KeyringFile
from octet.service.credentials.keyring_watch import KeyringWatch

__all__ = [
    "Admission",
    "CredentialError",
    "Gate",
    "Keyring",
    "KeyringError",
    "KeyringFile",
    "KeyringGate",
    "KeyringWatch",
    "Kind",
    "OpenGate",
    "RefusedError",
    "TokenError",
]
