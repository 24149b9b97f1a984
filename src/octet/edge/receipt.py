"""Receipts: what an edge measured on a latency channel, sealed for the page to carry.

PASETO v4.local; the key is derived from the licence (HKDF, RFC 5869), so that every edge of one
deployment opens what any of them sealed, and nobody else does.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pyseto
from attrs import frozen
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from octet.edge.clock import EpochMs
from octet.edge.sight import Sight
from octet.schema import AbsenceReason, ChannelTiming, decode, encode

LIFETIME_S: Final = 120
KEY_BYTES: Final = 32
DEVELOPMENT_SECRET: Final = "octet development"  # noqa: S105 - used only without a licence


@frozen
class Claims:
    """What is sealed."""

    iat: str
    exp: str
    ref: str
    """The session's reference; empty when the page gave none."""
    channel: ChannelTiming
    sight: Sight | None = None
    """Not part of any report; None in a receipt of an edge that did not know it yet."""


@frozen
class Opened:
    """The receipts of one report, opened."""

    channels: tuple[ChannelTiming, ...]
    refused: AbsenceReason | None
    """Why the first one that was left out was left out."""


_NOTHING: Final = Opened((), None)


class ReceiptSealer:
    """Seals and opens receipts of one deployment."""

    def __init__(self, license_token: str | None, now_ms: EpochMs) -> None:
        secret = (license_token or DEVELOPMENT_SECRET).encode()
        derive = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b"octet receipt v1")
        self._key: Any = pyseto.Key.new(version=4, purpose="local", key=derive.derive(secret))
        self._now_ms = now_ms

    def seal(
        self, session_ref: str | None, timing: ChannelTiming, sight: Sight | None = None
    ) -> str:
        """Seal *timing* for *session_ref*; valid for `LIFETIME_S`."""
        issued = _time_of(timing.at)
        claims = Claims(
            iat=issued.isoformat(),
            exp=(issued + timedelta(seconds=LIFETIME_S)).isoformat(),
            ref=session_ref or "",
            channel=timing,
            sight=sight,
        )
        return pyseto.encode(self._key, encode(claims)).decode()

    def open_all(self, receipts: tuple[str, ...], session_ref: str | None) -> Opened:
        """Open the receipts that were sealed for *session_ref* and are not too old."""
        if not receipts:
            return _NOTHING
        opened = [self._open(receipt, session_ref) for receipt in receipts]
        refused = [reason for reason in opened if isinstance(reason, AbsenceReason)]
        return Opened(
            channels=tuple(channel for channel in opened if isinstance(channel, ChannelTiming)),
            refused=refused[0] if refused else None,
        )

    def unseal(self, receipt: str) -> Claims:
        """Return what this deployment sealed, whenever that was and for whom.

        Raises:
            ValueError: another did, or it is no receipt.
        """
        try:
            sealed: Any = pyseto.decode(self._key, receipt).payload
            return decode(Claims, sealed)
        except (pyseto.PysetoError, ValueError) as exc:
            raise ValueError("no receipt of this deployment") from exc

    def _open(self, receipt: str, session_ref: str | None) -> ChannelTiming | AbsenceReason:
        try:
            claims = self.unseal(receipt)
            expires = datetime.fromisoformat(claims.exp).astimezone(UTC)
        except ValueError:
            return AbsenceReason.FOREIGN_RECEIPT
        if claims.ref != (session_ref or ""):
            return AbsenceReason.FOREIGN_RECEIPT
        if expires <= _time_of(self._now_ms()):
            return AbsenceReason.EXPIRED_RECEIPT
        return claims.channel


def _time_of(epoch_ms: int) -> datetime:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC)
