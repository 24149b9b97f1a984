"""The benchmark's licences are real ones."""

from pathlib import Path

from benchmarks.speed.licenses import write_keyring, write_licenses
from octet.service.credentials.keyring_file import KeyringFile
from octet.service.credentials.tokens import verify


def test_licenses_fit_the_keyring(tmp_path: Path) -> None:
    """Each licence is another one, and the keyring on disk vouches for all of them."""
    keyring = write_keyring(tmp_path / "keyring.json")
    write_licenses(tmp_path / "licenses", keyring, 3)
    lines = (tmp_path / "licenses").read_text().splitlines()
    kept = KeyringFile(tmp_path / "keyring.json").read()
    names = {verify(line, kept.verifiers).claims.jti for line in lines}
    assert len(names) == 3
