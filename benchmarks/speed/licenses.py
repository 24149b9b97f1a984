"""A keyring of the benchmark's own, and licences that it signed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from octet.service.credentials.instant import to_text
from octet.service.credentials.keyring import Keyring, Kind
from octet.service.credentials.keyring_file import KeyringFile
from octet.service.credentials.tokens import PRODUCT, Claims, sign


def write_keyring(path: Path) -> Keyring:
    """Make a keyring at *path*; return it."""
    keyring = Keyring.fresh(to_text(_ms(datetime.now(UTC))))
    KeyringFile(path).create(keyring)
    return keyring


def write_licenses(path: Path, keyring: Keyring, count: int) -> None:
    """Write so many different licences of one partner, one a line."""
    now = datetime.now(UTC)
    lines = [
        sign(
            Claims(
                kind=Kind.LICENSE,
                product=PRODUCT,
                partner="bench",
                live=True,
                jti=f"{number:032x}",
                nbf=to_text(_ms(now)),
                exp=to_text(_ms(now + timedelta(days=1))),
            ),
            keyring.active,
        )
        for number in range(count)
    ]
    path.write_text("\n".join(lines), encoding="ascii")


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
