"""Posts that the edge's own code has signed."""

from typing import Any

from octet.edge.signature import SigningKey, content_digest, sign
from octet.service.credentials.post import Post
from tests.service.fakes import NOW_MS

KEY = SigningKey.read("n4Ni+HpISpVObnQMW0wOhCKROaIKqKtW/2ZYb2p9KcU=")  # of RFC 9421, B.1.4
BODY = b'{"envelopes":[]}'


def signed_post(licence: str, **changes: Any) -> tuple[Post, str]:
    """Return a post of `BODY` with *licence*, and the public key that verifies it.

    Args:
        licence: the token.
        changes: `key`, `created_s` or `nonce` of the signature.
    """
    key = changes.get("key", KEY)
    fields = {
        "content-type": "application/json",
        "content-digest": content_digest(BODY),
        "x-octet-license": licence,
    }
    head = {"@method": "POST", "@authority": "octet.example", "@path": "/v1/signals"}
    signature = sign(
        key,
        head | fields,
        created_s=changes.get("created_s", NOW_MS // 1000),
        nonce=changes.get("nonce", "n_-1"),
    )
    return Post(authority="octet.example", fields=fields | signature), key.public
