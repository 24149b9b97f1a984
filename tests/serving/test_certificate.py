"""The certificate that a program shows; real processes show how a signal renews it."""

import ssl
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from octet.serving import ConfigError
from octet.serving.certificate import read_certificate, renew
from tests.certificates import Certificate

BITS: Final = {"AES128": 256, "AES256": 384}
"""Of the digest that goes with each."""


def test_read(certificate: Certificate) -> None:
    """A pair makes a context that speaks nothing old."""
    pair = certificate.chain, certificate.key
    context = read_certificate(pair, variables="A and B", alpn=["http/1.1"])
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.get_ca_certs() == []
    assert context.num_tickets == 1


@pytest.mark.parametrize("choice", [["AES256", "AES128"], ["AES128", "AES256"]])
def test_a_client_chooses_its_cipher(certificate: Certificate, choice: list[str]) -> None:
    """Of ciphers that are all good the client's first is taken."""
    pair = certificate.chain, certificate.key
    context = read_certificate(pair, variables="A and B", alpn=[])
    client = ssl.create_default_context(cafile=certificate.chain)
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    client.set_ciphers(":".join(f"ECDHE-ECDSA-{name}-GCM-SHA{BITS[name]}" for name in choice))
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    near = client.wrap_bio(to_client, to_server, server_hostname="localhost")
    far = context.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(3):
        for side in (near, far):
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
    cipher = far.cipher()
    assert cipher is not None
    assert choice[0] in cipher[0]


def test_no_pair(certificate: Certificate, tmp_path: Path) -> None:
    """Files that hold no pair are one fault that names both settings."""
    garbage = tmp_path / "garbage"
    garbage.write_text("none")
    with pytest.raises(ConfigError) as caught:
        read_certificate((certificate.chain, garbage), variables="A and B", alpn=[])
    (fault,) = caught.value.faults
    assert fault.startswith("A and B ")


def test_a_bad_pair_changes_nothing(certificate: Certificate) -> None:
    """When what is there now cannot be used, the first context is left as it was."""
    pair = certificate.chain, certificate.key
    context = read_certificate(pair, variables="A and B", alpn=[])

    def read() -> ssl.SSLContext:
        raise ConfigError(["A and B are none"])

    with pytest.raises(ConfigError):
        renew(context, read)
    assert context.sni_callback is None
