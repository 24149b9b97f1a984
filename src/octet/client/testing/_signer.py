"""Signs verdict tokens as the service does, by a key that is made up for the test."""

from datetime import UTC, datetime, timedelta
from typing import Any, Self

from attrs import evolve, field, frozen

from octet.client._tokens import require_pyseto
from octet.schema import encode, unstructure
from octet.schema.verdict import Verdict


@frozen(slots=False)
class Signer:
    """One key pair of an operator; needs the extra ``octet[tokens]``."""

    _pair: Any = field(repr=False)
    paserk: str
    """The public half, ``k4.public.…``."""
    kid: str
    """Its id, ``k4.pid.…``."""

    @classmethod
    def generate(cls) -> Self:
        """Make a key pair from the system's random source.

        Raises:
            ImportError: the extra is not installed.
        """
        pyseto = require_pyseto()
        from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415 - extra
        from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415 - extra

        key = ed25519.Ed25519PrivateKey.generate()
        secret = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
        public = key.public_key().public_bytes(
            form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo
        )
        listed = pyseto.Key.new(4, "public", public)
        pair = pyseto.Key.new(4, "public", secret)
        return cls(pair, listed.to_paserk(), listed.to_paserk_id())

    def sign(  # noqa: PLR0913 - the claims of a token, by name
        self,
        verdict: Verdict,
        *,
        ref: str,
        partner: str,
        live: bool,
        issued_at: datetime,
        lifetime_s: float = 600,
    ) -> str:
        """Return the token that states *verdict*; one that it holds is left out."""
        claims = {
            "sub": ref,
            "aud": partner,
            "live": live,
            "iat": issued_at.astimezone(UTC).isoformat(),
            "exp": (issued_at + timedelta(seconds=lifetime_s)).astimezone(UTC).isoformat(),
        }
        payload = encode(claims | unstructure(evolve(verdict, token=None)))
        token: bytes = require_pyseto().encode(
            self._pair, payload, footer=encode({"kid": self.kid})
        )
        return token.decode("ascii")
