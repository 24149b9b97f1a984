"""Signatures are good for one body, once."""

import pytest

from octet.service.credentials import RefusedError
from octet.service.credentials.signature import Signature, verify
from octet.service.credentials.signatures import Signatures
from octet.service.errors import OverloadedError
from octet.service.firsts import MemoryFirsts
from tests.service.credentials.posts import BODY, KEY, signed_post
from tests.service.fakes import NOW_MS


@pytest.fixture
def signature() -> Signature:
    return verify(signed_post("octet_live_v4.public.x")[0], (KEY.public,), NOW_MS)


async def test_once(signature: Signature) -> None:
    """A signed body is taken once."""
    signatures = Signatures(MemoryFirsts())
    await signatures.spend(signature, BODY)
    for _ in range(2):
        with pytest.raises(RefusedError, match="edge_signature_invalid"):
            await signatures.spend(signature, BODY)


async def test_another_body_spends_nothing(signature: Signature) -> None:
    """A body that was not signed is refused, and the one that was is still good."""
    signatures = Signatures(MemoryFirsts())
    with pytest.raises(RefusedError, match="edge_signature_invalid"):
        await signatures.spend(signature, BODY + b" ")
    await signatures.spend(signature, BODY)


async def test_processes_share_nonces(signature: Signature) -> None:
    """What one process took is spent for every other that remembers with it."""
    firsts = MemoryFirsts()
    await Signatures(firsts).spend(signature, BODY)
    with pytest.raises(RefusedError):
        await Signatures(firsts).spend(signature, BODY)


async def test_no_room(signature: Signature) -> None:
    """What cannot be remembered is not taken."""
    with pytest.raises(OverloadedError):
        await Signatures(MemoryFirsts(max_names=0)).spend(signature, BODY)
