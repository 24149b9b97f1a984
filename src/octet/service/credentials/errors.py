"""What can be wrong with credentials, and whose fault it is.

CredentialError
 ├─ KeyringError   the operator's: the keyring cannot be read, written or used
 ├─ TokenError     the bearer's: not a token of ours (form, signature or claims)
 └─ RefusedError   the bearer's: this credential does not open this door; `code` says why
"""


class CredentialError(Exception):
    """Something is wrong with a credential or with the keyring."""


class KeyringError(CredentialError):
    """The keyring cannot be read, written or used; the message is for the operator."""


class TokenError(CredentialError):
    """Not a token that a key of this keyring signed."""


class RefusedError(CredentialError):
    """A credential that does not open this door."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        """One of `octet.schema.CODES`."""
