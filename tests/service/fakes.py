"""What the service's tests are made of: a judge with a script, envelopes, a key cupboard."""

import datetime as dt
import ipaddress
import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import evolve
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from octet.schema import Envelope, structure
from octet.schema.verdict import Alarm, Verdict
from octet.service.credentials import Keyring, KeyringFile, Kind
from octet.service.credentials.instant import to_text
from octet.service.credentials.keyring import Issued
from octet.service.credentials.tokens import PRODUCT, Claims, sign
from octet.service.device import DeviceKeys
from octet.service.issuer import Issuer
from octet.service.judge import Judgement
from octet.service.realm import Realm
from octet.service.verdicts.token import VerdictTokens

SAMPLE = json.loads(Path("tests/data/envelope.json").read_text(encoding="utf-8"))
NOW_MS = 1_790_000_000_000
ACME = Realm("acme", live=True)
GERMANY = Verdict(country="DE", confidence=0.91, alarm=Alarm.NONE)
FRANCE = Verdict(country="FR", confidence=0.8, alarm=Alarm.LOW)
EDGE_FAULTS = {"fronted": 0.25, "clock": 1.0}
NOWHERE = Verdict(confidence=0.12, alarm=Alarm.HIGH)


def raw_envelope(name: str, *, ref: str | None = "sess_12345678", want: bool = False) -> Any:
    """Return an envelope with id *name* as JSON values."""
    raw = json.loads(json.dumps(SAMPLE)) | {"id": name, "wantVerdict": want}
    raw.pop("sessionRef")
    return raw if ref is None else raw | {"sessionRef": ref}


def envelope(name: str, **members: Any) -> Envelope:
    """Return an envelope with id *name*."""
    return structure(Envelope, raw_envelope(name, **members))


def batch(*envelopes: Any) -> bytes:
    """Return the body of a post."""
    return json.dumps({"envelopes": envelopes}).encode()


class ScriptedJudge:
    """Answers each envelope id by the script, all others with `GERMANY`; records what it saw."""

    def __init__(self, script: Mapping[str, Verdict | Exception] | None = None) -> None:
        self.script = dict(script or {})
        self.seen: list[list[str]] = []
        self.may_judge = threading.Event()
        self.may_judge.set()
        self.judging = threading.Event()

    def weigh(self, envelopes: Sequence[Envelope], /) -> list[Judgement]:
        """Follow the script."""
        self.judging.set()
        assert self.may_judge.wait(timeout=30)
        self.seen.append([envelope.id for envelope in envelopes])
        return [Judgement(self._one(envelope.id), EDGE_FAULTS) for envelope in envelopes]

    def _one(self, name: str) -> Verdict:
        answer = self.script.get(name, GERMANY)
        if isinstance(answer, Exception):
            raise answer
        return answer


def issuer(keyring: Keyring | None = None) -> Issuer:
    """Return what signs by *keyring*, at `NOW_MS`."""
    keyring = keyring or Keyring.fresh(to_text(NOW_MS))
    tokens = VerdictTokens(lambda: keyring, ttl_s=600, epoch_ms=lambda: NOW_MS)
    return Issuer(tokens, DeviceKeys(lambda: keyring))


def untold(verdict: dict[str, Any]) -> dict[str, Any]:
    """Return *verdict* without its token, which must be there."""
    assert verdict["token"].startswith("v4.public.")
    return {name: value for name, value in verdict.items() if name != "token"}


class Cupboard:
    """A keyring on disk, and what it issues."""

    def __init__(self, path: Path) -> None:
        self.file = KeyringFile(path)
        self.file.create(Keyring.fresh(to_text(NOW_MS)))
        self._count = 0

    def issue(self, kind: Kind = Kind.LICENSE, **changes: Any) -> str:
        """Return a token that is valid about `NOW_MS`, with *changes* of its claims."""
        self._count += 1
        claims = evolve(
            Claims(
                kind=kind,
                product=PRODUCT,
                partner="acme",
                live=True,
                jti=f"jti-{self._count}",
                nbf=to_text(NOW_MS - 1000),
                exp=to_text(NOW_MS + 86_400_000),
            ),
            **changes,
        )
        record = Issued(
            jti=claims.jti,
            kind=kind,
            partner=claims.partner,
            live=claims.live,
            nbf=claims.nbf,
            exp=claims.exp,
        )
        return sign(claims, self.file.update(lambda keyring: keyring.with_issued(record)).active)

    def revoke(self, jti: str = "jti-1") -> None:
        """Revoke what was issued first, or *jti*."""
        self.file.update(lambda keyring: keyring.with_revoked(jti, to_text(NOW_MS)))


def self_signed(directory: Path) -> tuple[Path, Path]:
    """Write a certificate for 127.0.0.1 and its key; return their paths."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "octet test")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    now = dt.datetime.now(tz=dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = directory / "certificate.pem", directory / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths
