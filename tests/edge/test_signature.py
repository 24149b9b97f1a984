"""Signatures against the RFC's own example, and against a verifier that shares no code."""

import base64
import hashlib
import re
from collections.abc import Mapping

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import assume, given
from hypothesis import strategies as st

from octet.edge.signature import (
    COMPONENTS,
    SigningKey,
    content_digest,
    sign,
    signature_base,
    signature_parameters,
)

# RFC 9421, appendix B.1.4 (test-key-ed25519) and B.2.6
RFC_SEED = "n4Ni+HpISpVObnQMW0wOhCKROaIKqKtW/2ZYb2p9KcU="
RFC_PUBLIC = "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs"
RFC_SIGNATURE = (
    "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
)

REQUEST = {
    "@method": "POST",
    "@authority": "octet.example",
    "@path": "/base/v1/signals",
    "content-type": "application/json",
    "content-digest": content_digest(b"{}"),
    "x-octet-license": "octet_test_v4.public.x",
}


def verify(request: Mapping[str, str], fields: Mapping[str, str], public: str) -> dict[str, str]:
    """Verify as RFC 9421, section 3.2, says; return the signature's parameters.

    Raises:
        InvalidSignature: it is not *public*'s signature of *request*.
    """
    signed = re.fullmatch(r'octet=(\((("[a-z@-]+" ?)+)\);(.+))', fields["signature-input"])
    assert signed is not None
    names = re.findall(r'"([^"]+)"', signed[2])
    assert names == list(COMPONENTS)
    lines = [f'"{name}": {request[name]}' for name in names]
    base = "\n".join([*lines, f'"@signature-params": {signed[1]}'])
    sent = re.fullmatch("octet=:([A-Za-z0-9+/=]+):", fields["signature"])
    assert sent is not None
    key = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(public + "="))
    key.verify(base64.b64decode(sent[1]), base.encode())
    return {name: value.strip('"') for name, value in re.findall(r"(\w+)=([^;]+)", signed[4])}


@pytest.fixture
def key() -> SigningKey:
    return SigningKey.read(RFC_SEED)


def test_example_of_the_rfc(key: SigningKey) -> None:
    """The base and the signature of appendix B.2.6 come out to the byte."""
    components = {
        "date": "Tue, 20 Apr 2021 02:07:55 GMT",
        "@method": "POST",
        "@path": "/foo",
        "@authority": "example.com",
        "content-type": "application/json",
        "content-length": "18",
    }
    parameters = signature_parameters(components, created=1618884473, keyid="test-key-ed25519")
    base = signature_base(components, parameters)
    assert base.decode().splitlines() == [
        '"date": Tue, 20 Apr 2021 02:07:55 GMT',
        '"@method": POST',
        '"@path": /foo',
        '"@authority": example.com',
        '"content-type": application/json',
        '"content-length": 18',
        f'"@signature-params": {parameters}',
    ]
    assert parameters == (
        '("date" "@method" "@path" "@authority" "content-type" "content-length")'
        ';created=1618884473;keyid="test-key-ed25519"'
    )
    assert base64.b64encode(key.sign(base)).decode() == RFC_SIGNATURE
    assert key.public == RFC_PUBLIC


def test_fields(key: SigningKey) -> None:
    """The signature covers what the contract names, in order, with its parameters."""
    fields = sign(key, REQUEST, created_s=1_790_000_000, nonce="n_-1")
    assert fields["signature-input"] == (
        'octet=("@method" "@authority" "@path" "content-type" "content-digest" "x-octet-license")'
        f';created=1790000000;keyid="{key.key_id}";nonce="n_-1";alg="ed25519"'
    )
    assert verify(REQUEST, fields, key.public)["keyid"] == key.key_id


@pytest.mark.parametrize("name", COMPONENTS)
def test_every_component_is_covered(key: SigningKey, name: str) -> None:
    """A request of which one component was changed does not verify."""
    fields = sign(key, REQUEST, created_s=1, nonce="n")
    with pytest.raises(InvalidSignature):
        verify(REQUEST | {name: REQUEST[name] + "x"}, fields, key.public)


def test_key_id(key: SigningKey) -> None:
    """The key id is the beginning of the digest of the raw public key."""
    raw = base64.urlsafe_b64decode(key.public + "=")
    assert key.key_id == hashlib.sha256(raw).hexdigest()[:16]


def test_key_shows_no_secret(key: SigningKey) -> None:
    """What a log might write of a key is its id."""
    assert repr(key) == str(key) == f"SigningKey({key.key_id})"


@given(st.text() | st.binary(max_size=64).map(lambda seed: base64.b64encode(seed).decode()))
def test_no_seed(text: str) -> None:
    """Whatever is not the base64 of 32 bytes is refused in words that do not repeat it."""
    assume(not re.fullmatch("[A-Za-z0-9+/]{43}=", text))
    with pytest.raises(ValueError, match=r"^must be the base64 of 32 bytes, an Ed25519 seed$"):
        SigningKey.read(text)


def test_content_digest() -> None:
    """The digest is the example of RFC 9530, appendix D."""
    expected = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"
    assert content_digest(b'{"hello": "world"}') == expected
