from octet.client import Pending, mint_session_ref
from octet.schema import structure

URL_SAFE = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


def test_a_minted_reference_is_one_that_the_contract_takes() -> None:
    """A minted reference has the prefix and 22 or more URL-safe characters."""
    ref = mint_session_ref()
    assert structure(Pending, {"ref": ref}) == Pending(ref)
    random = ref.removeprefix("sess_")
    assert random != ref
    assert len(random) * 6 >= 128
    assert set(random) <= URL_SAFE


def test_minted_references_differ() -> None:
    """No two of a thousand minted references are the same."""
    assert len({mint_session_ref() for _ in range(1000)}) == 1000
