"""HTTP Message Signatures (RFC 9421) with Ed25519, of the one kind that the service asks for.

The signature base (section 2.5) is a line for each covered component and one for the parameters:

    "@method": POST
    …
    "@signature-params": ("@method" …);created=…;keyid="…";nonce="…";alg="ed25519"

What is signed must be what is sent: ``@path`` is the request line's, ``@authority`` is the value of
the Host field (lower case, a default port left out). Clock and nonce are passed in.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

from attrs import frozen
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SEED_BYTES: Final = 32
LABEL: Final = "octet"
COMPONENTS: Final = (
    "@method",
    "@authority",
    "@path",
    "content-type",
    "content-digest",
    "x-octet-license",
)
"""What is covered, in this order."""


@frozen(repr=False)
class SigningKey:
    """The edge's own key; it shows its public half only."""

    _private: Ed25519PrivateKey

    @classmethod
    def read(cls, text: str) -> "SigningKey":
        """Read a seed of 32 bytes in base64.

        Raises:
            ValueError: it is none; the message repeats nothing of *text*.
        """
        try:
            seed = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            seed = b""
        if len(seed) != SEED_BYTES:
            raise ValueError("must be the base64 of 32 bytes, an Ed25519 seed")
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @property
    def public(self) -> str:
        """The raw public key, base64url without padding: what a licence names."""
        return base64.urlsafe_b64encode(self._public_bytes()).rstrip(b"=").decode()

    @property
    def key_id(self) -> str:
        """The first 16 hex digits of the SHA-256 of the raw public key."""
        return hashlib.sha256(self._public_bytes()).hexdigest()[:16]

    def sign(self, base: bytes) -> bytes:
        """Return the Ed25519 signature of *base*."""
        return self._private.sign(base)

    def _public_bytes(self) -> bytes:
        return self._private.public_key().public_bytes_raw()

    def __repr__(self) -> str:
        """Name the key by its id."""
        return f"SigningKey({self.key_id})"


def content_digest(body: bytes) -> str:
    """Return the value of the ``content-digest`` field (RFC 9530) of *body*."""
    return f"sha-256={_byte_sequence(hashlib.sha256(body).digest())}"


def signature_base(components: Mapping[str, str], parameters: str) -> bytes:
    """Return what is signed: *components* in their order, then the signature's own parameters.

    Args:
        components: name to value; values hold printable ASCII without blanks around it.
        parameters: as `signature_parameters` writes them.
    """
    lines = [f'"{name}": {value}' for name, value in components.items()]
    return "\n".join([*lines, f'"@signature-params": {parameters}']).encode("ascii")


def signature_parameters(names: Iterable[str], **parameters: int | str) -> str:
    """Write the inner list of *names* and its parameters, in the order given (RFC 8941)."""
    written = (f"{k}={v}" if isinstance(v, int) else f'{k}="{v}"' for k, v in parameters.items())
    return ";".join([f"({' '.join(map(_quoted, names))})", *written])


def sign(
    key: SigningKey, request: Mapping[str, str], *, created_s: int, nonce: str
) -> dict[str, str]:
    """Return the two fields that sign a request.

    Args:
        key: of the edge.
        request: all of `COMPONENTS` as they are sent, and perhaps more.
        created_s: seconds since the Unix epoch.
        nonce: fresh for each signature; letters, digits, ``-`` and ``_``.
    """
    components = {name: request[name] for name in COMPONENTS}
    parameters = signature_parameters(
        components, created=created_s, keyid=key.key_id, nonce=nonce, alg="ed25519"
    )
    signature = key.sign(signature_base(components, parameters))
    return {
        "signature-input": f"{LABEL}={parameters}",
        "signature": f"{LABEL}={_byte_sequence(signature)}",
    }


def _quoted(text: str) -> str:
    return f'"{text}"'


def _byte_sequence(content: bytes) -> str:
    return f":{base64.b64encode(content).decode()}:"
