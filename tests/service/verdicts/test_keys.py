"""What is held has names that no two things share."""

from hypothesis import given
from hypothesis import strategies as st

from octet.service.realm import Realm
from octet.service.verdicts.keys import id_key, ref_key

identifiers = st.from_regex(r"[\x21-\x7e]{1,12}|[:%ab]{1,6}", fullmatch=True)
realms = st.builds(Realm, identifiers, st.booleans())


def test_readable() -> None:
    """An operator sees whose it is, and in which world."""
    assert ref_key(Realm("acme", live=True), "sess_1") == "octet:v1:ref:live:acme:sess_1"
    assert id_key(Realm("ac:me", live=False), "a:b") == "octet:v1:id:test:ac%3Ame:a:b"


@given(realms, identifiers, realms, identifiers)
def test_apart(one: Realm, name: str, other: Realm, other_name: str) -> None:
    """Two keys are the same only when realm and name are; ids and references never meet."""
    same = (one, name) == (other, other_name)
    assert (id_key(one, name) == id_key(other, other_name)) is same
    assert (ref_key(one, name) == ref_key(other, other_name)) is same
    assert id_key(one, name) != ref_key(other, other_name)
