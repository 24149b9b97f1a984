"""A mapping that forgets in time and refuses rather than forgets for room."""

import pytest

from octet.service.errors import OverloadedError
from octet.service.verdicts.expiring import Expiring


class Shelf:
    """Two places, ten seconds, and a clock."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.entries: Expiring[str, int] = Expiring(ttl_s=10, limit=2, now=lambda: self.now_s)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def test_forgets(shelf: Shelf) -> None:
    """An entry is there until its time to live is over, and then it takes no room."""
    shelf.entries.put("a", 1)
    shelf.now_s = 9.999
    assert shelf.entries.get("a") == 1
    shelf.now_s = 10
    assert shelf.entries.get("a") is None
    assert len(shelf.entries) == 0


def test_put_renews(shelf: Shelf) -> None:
    """Put again, an entry lives anew, and the order of forgetting follows."""
    shelf.entries.put("a", 1)
    shelf.now_s = 5
    shelf.entries.put("b", 2)
    shelf.entries.put("a", 3)
    shelf.now_s = 14
    assert (shelf.entries.get("a"), shelf.entries.get("b")) == (3, 2)
    shelf.now_s = 15
    assert (shelf.entries.get("a"), shelf.entries.get("b")) == (None, None)


def test_full(shelf: Shelf) -> None:
    """A third key is refused while two live; a known one is not; forgetting makes room."""
    shelf.entries.put("a", 1)
    shelf.now_s = 1
    shelf.entries.put("b", 2)
    assert shelf.entries.room == 0
    with pytest.raises(OverloadedError, match="full"):
        shelf.entries.put("c", 3)
    shelf.entries.put("b", 4)
    shelf.now_s = 10
    shelf.entries.put("c", 3)
    assert shelf.entries.get("b") == 4
