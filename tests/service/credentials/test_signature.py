"""What the edge signs, the service verifies; whatever differs is refused."""

import base64
import itertools
from collections.abc import Callable

import pytest
from attrs import evolve
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from octet.edge.signature import SigningKey
from octet.service.credentials import RefusedError
from octet.service.credentials.post import Post
from octet.service.credentials.signature import WINDOW_S, key_id, signature_base, verify
from tests.service.credentials.posts import BODY, KEY, signed_post
from tests.service.fakes import NOW_MS

LICENCE = "octet_live_v4.public.x"
OTHER = SigningKey.read(base64.b64encode(b"o" * 32).decode())
# RFC 9421, appendix B.2.6
RFC_INPUT = (
    '("date" "@method" "@path" "@authority" "content-type" "content-length")'
    ';created=1618884473;keyid="test-key-ed25519"'
)
RFC_PARTS = {
    "date": "Tue, 20 Apr 2021 02:07:55 GMT",
    "@method": "POST",
    "@path": "/foo",
    "@authority": "example.com",
    "content-type": "application/json",
    "content-length": "18",
}
RFC_SIGNATURE = (
    "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
)


def code(post: Post, *keys: str, now_ms: int = NOW_MS) -> str:
    """Return the code that *post* is refused by, or nothing."""
    try:
        verify(post, keys or (KEY.public,), now_ms)
    except RefusedError as exc:
        return exc.code
    return ""


def changed(post: Post, **fields: str) -> Post:
    """Return *post* with other fields; an underscore stands for a hyphen."""
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return evolve(post, fields={**post.fields, **named})


@pytest.fixture
def post() -> Post:
    return signed_post(LICENCE)[0]


def test_example_of_the_rfc() -> None:
    """The signature of appendix B.2.6 verifies over the base that is built here."""
    raw = base64.urlsafe_b64decode(KEY.public + "=")
    key, signature = Ed25519PublicKey.from_public_bytes(raw), base64.b64decode(RFC_SIGNATURE)
    key.verify(signature, signature_base(RFC_PARTS, RFC_INPUT))
    with pytest.raises(InvalidSignature):
        key.verify(signature, signature_base(RFC_PARTS | {"@path": "/bar"}, RFC_INPUT))


def test_signed_by_the_edge(post: Post) -> None:
    """What the edge signs verifies by any of the licence's keys, and says what its body must be."""
    signature = verify(post, (OTHER.public, KEY.public), NOW_MS)
    assert signature.covers(BODY)
    assert not signature.covers(BODY[:-1])


def test_key_id() -> None:
    """Both ends name a key alike."""
    assert key_id(KEY.public) == KEY.key_id


@pytest.mark.parametrize(
    "change",
    [
        lambda post: evolve(post, method="PUT"),
        lambda post: evolve(post, authority="octet.example:8080"),
        lambda post: evolve(post, path="/base/v1/signals"),
        lambda post: changed(post, content_type="application/json; charset=utf-8"),
        lambda post: changed(post, content_digest=f"sha-256=:{'A' * 43}=:"),
        lambda post: changed(post, x_octet_license=LICENCE + ", " + LICENCE),
        lambda post: changed(post, x_octet_license="ä"),
    ],
)
def test_every_part_is_covered(post: Post, change: Callable[[Post], Post]) -> None:
    """A post of which one part was changed under way is refused."""
    assert code(change(post)) == "edge_signature_invalid"


@pytest.mark.parametrize("name", ["signature", "content-digest", "content-type"])
def test_a_field_that_is_not_there(post: Post, name: str) -> None:
    """Without a field that it needs a signature is not valid."""
    rest = {field: value for field, value in post.fields.items() if field != name}
    assert code(evolve(post, fields=rest)) == "edge_signature_invalid"


@pytest.mark.parametrize("text", [None, "", 'proxy=("@method");created=1'])
def test_no_signature_of_ours(post: Post, text: str | None) -> None:
    """Without a signature of our label one is required, whoever else signed."""
    rest = {name: value for name, value in post.fields.items() if name != "signature-input"}
    fields = rest if text is None else rest | {"signature-input": text}
    assert code(evolve(post, fields=fields)) == "edge_signature_required"


def test_beside_others(post: Post) -> None:
    """A proxy may add a signature of its own, and a client another digest."""
    both = changed(
        post,
        signature_input='p=("@path" "a, b";sf);tag="x\\"=(", ' + post.fields["signature-input"],
        signature=post.fields["signature"] + ", p=:AAAA:",
    )
    assert not code(both)
    two = signed_post(LICENCE)[0].fields["content-digest"] + ", sha-512=:AAAA:"
    assert code(changed(post, content_digest=two)) == "edge_signature_invalid"  # it is covered


def test_key_of_nobody(post: Post) -> None:
    """A key that the licence does not name is told apart from a signature that does not fit."""
    assert code(post, OTHER.public) == "edge_key_unknown"
    assert code(signed_post(LICENCE, key=OTHER)[0]) == "edge_key_unknown"


def test_another_key_under_the_same_id(post: Post) -> None:
    """Who claims the id of a key has not signed with it."""
    forged = signed_post(LICENCE, key=OTHER)[0]
    claimed = forged.fields["signature-input"].replace(OTHER.key_id, KEY.key_id)
    assert code(changed(forged, signature_input=claimed)) == "edge_signature_invalid"


@pytest.mark.parametrize("away_s", [-WINDOW_S - 1, -WINDOW_S, 0, WINDOW_S, WINDOW_S + 1])
def test_window(away_s: int) -> None:
    """A signature is good for five minutes before and after it was made."""
    post, _ = signed_post(LICENCE, created_s=NOW_MS // 1000 + away_s)
    assert code(post) == ("" if abs(away_s) <= WINDOW_S else "edge_signature_invalid")


PARAMETERS = {"created": "1790000000", "keyid": f'"{KEY.key_id}"', "nonce": '"n"'}
PARTS = '("@method" "@authority" "@path" "content-type" "content-digest" "x-octet-license")'


def resigned(post: Post, text: str) -> Post:
    """Return *post* with a signature of its own over *text* as the input."""
    head = {"@method": post.method, "@authority": post.authority, "@path": post.path}
    fields = ("content-type", "content-digest", "x-octet-license")
    base = signature_base(head | {name: post.fields[name] for name in fields}, text)
    signature = base64.b64encode(KEY.sign(base)).decode()
    return changed(post, signature_input=f"octet={text}", signature=f"octet=:{signature}:")


def test_order_of_parameters(post: Post) -> None:
    """Parameters may come in any order, each once."""
    for order in itertools.permutations([*PARAMETERS.items(), ("alg", '"ed25519"')]):
        text = PARTS + "".join(f";{name}={value}" for name, value in order)
        assert not code(resigned(post, text))


@pytest.mark.parametrize(
    "text",
    [
        PARTS,
        PARTS.replace(' "@path"', "") + ';created=1790000000;keyid="{id}";nonce="n";alg="ed25519"',
        PARTS + ';created=1790000000;keyid="{id}";nonce="n"',
        PARTS + ';created=1790000000;keyid="{id}";nonce="n";alg="hmac-sha256"',
        PARTS + ';created=1790000000;keyid="{id}";nonce="";alg="ed25519"',
        PARTS + ';created=1790000000;keyid="{id}";nonce="' + "n" * 129 + '";alg="ed25519"',
        PARTS + ';created=1790000000;created=1790000000;keyid="{id}";nonce="n"',
        PARTS + ';created=1790000000;keyid="{id}";nonce="n";alg="ed25519";expires=1790000001',
        PARTS + ';created=1790000000;keyid="{id}";nonce=n;alg="ed25519"',
        PARTS + ';created="1790000000";keyid="{id}";nonce="n";alg="ed25519"',
        PARTS.replace('" "', '"  "') + ';created=1;keyid="{id}";nonce="n";alg="ed25519"',
    ],
)
def test_other_inputs(post: Post, text: str) -> None:
    """A signature that covers less, or says other things of itself, is not valid though it fits."""
    assert code(resigned(post, text.replace("{id}", KEY.key_id))) == "edge_signature_invalid"


@pytest.mark.parametrize("text", ["(", "octet", "octet=1,", "octet=?1", 'octet=("@path"', "ä=1"])
def test_nonsense(post: Post, text: str) -> None:
    """What is no input at all is not valid."""
    assert code(changed(post, signature_input=text)) == "edge_signature_invalid"


@given(text=st.text(), name=st.sampled_from(["signature-input", "signature", "content-digest"]))
def test_whatever_is_sent(text: str, name: str) -> None:
    """No text in a field ever passes, nor fails otherwise than by a refusal."""
    post = signed_post(LICENCE)[0]
    refused = code(evolve(post, fields={**post.fields, name: text}))
    assert refused in {"edge_signature_invalid", "edge_signature_required"}


def test_names_are_of_key_and_nonce(post: Post) -> None:
    """A nonce is another's with another key, and the same with the same."""
    one = verify(post, (KEY.public,), NOW_MS).name
    later = signed_post(LICENCE, created_s=NOW_MS // 1000 + 9)[0]
    assert verify(later, (KEY.public,), NOW_MS).name == one
    other = signed_post(LICENCE, key=OTHER)[0]
    assert verify(other, (OTHER.public,), NOW_MS).name != one
    assert verify(signed_post(LICENCE, nonce="m")[0], (KEY.public,), NOW_MS).name != one
