"""The certificate that a program shows; real processes show how a signal renews it."""

import ssl
from pathlib import Path

import pytest

from octet.serving import ConfigError
from octet.serving.certificate import read_certificate, renew
from tests.certificates import Certificate


def test_read(certificate: Certificate) -> None:
    """A pair makes a context that speaks nothing old."""
    pair = certificate.chain, certificate.key
    context = read_certificate(pair, variables="A and B", alpn=["http/1.1"])
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.get_ca_certs() == []


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
