"""Signed posts, once their bodies are here: the digest fits, and the nonce was not spent before.

What could a replay do? Ids make posts idempotent while the store holds them, but it would be given
the verdicts that an edge asked for, use up the licence's quota, and after the time to live have the
same signals judged and held once more. So a nonce is good once, in every process that shares a
store. It is spent last: who alters a body under way, or sends a head alone, cannot spend it.
"""

import secrets

import trio

from octet.service.credentials.errors import RefusedError
from octet.service.credentials.signature import Signature
from octet.service.firsts import Firsts


class Signatures:
    """Remembers the nonces of signatures for as long as those are good."""

    def __init__(self, firsts: Firsts) -> None:
        self._firsts = firsts

    async def spend(self, signature: Signature, body: bytes) -> None:
        """Take *body* as what was signed, once.

        Cancellation: the nonce may be spent; an edge signs anew what it sends again.

        Raises:
            RefusedError: *body* is not what was signed, or the signature was spent before.
            OverloadedError: whether it was cannot be told.
        """
        if not await trio.to_thread.run_sync(signature.covers, body):
            raise RefusedError("edge_signature_invalid")
        ours = secrets.token_hex(16)
        if await self._firsts.first(f"nonce:{signature.name}", ours) != ours:
            raise RefusedError("edge_signature_invalid")
