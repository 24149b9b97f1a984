import numpy as np
import pytest

from octet.service.atlas.addresses import AddressBook, AddressTable
from octet.service.atlas.as_types import AsType

BOOK = AddressBook(
    v4=AddressTable(
        first=np.array([0, 0x08080000, 0x08090000], np.uint32),
        country=np.array([[255, 255], [3, 4], [255, 5]], np.uint8),
        system=np.array([1, 0, 1], np.uint32),
    ),
    v6=AddressTable(
        first=np.array([0, 0x2A00 << 48], np.uint64),
        country=np.array([[255, 255], [7, 7]], np.uint8),
        system=np.array([1, 0], np.uint32),
    ),
    as_number=np.array([64500], np.uint32),
    as_type=np.array([AsType.HOSTING], np.uint8),
)


@pytest.mark.parametrize(
    ("address", "votes", "kind", "number"),
    [
        ("8.8.0.0", [3, 4], AsType.HOSTING, 64500),
        ("8.8.255.255", [3, 4], AsType.HOSTING, 64500),
        ("8.9.0.0", [-1, 5], AsType.OTHER, -1),
        ("1.1.1.1", [-1, -1], AsType.OTHER, -1),
        ("2a00::1", [7, 7], AsType.HOSTING, 64500),
        ("::ffff:8.8.0.1", [3, 4], AsType.HOSTING, 64500),
        ("10.0.0.1", [-1, -1], -1, -1),
        ("127.0.0.1", [-1, -1], -1, -1),
        ("203.0.113.7", [-1, -1], -1, -1),
        ("::1", [-1, -1], -1, -1),
        ("fe80::1", [-1, -1], -1, -1),
    ],
)
def test_look_up(address: str, votes: list[int], kind: int, number: int) -> None:
    """Each address falls into its own range; special addresses tell nothing."""
    found_votes, found_type, found_number = BOOK.look_up([address])
    assert found_votes.tolist() == [votes]
    assert found_type.tolist() == [int(kind)]
    assert found_number.tolist() == [number]


def test_a_batch_keeps_its_order() -> None:
    """Families are looked up apart and put together in the order of the question."""
    addresses = ["2a00::1", "8.8.0.1", "10.0.0.1", "8.9.0.1"]
    together = BOOK.look_up(addresses)
    for row, address in enumerate(addresses):
        for whole, alone in zip(together, BOOK.look_up([address]), strict=True):
            np.testing.assert_array_equal(whole[row], alone[0])
