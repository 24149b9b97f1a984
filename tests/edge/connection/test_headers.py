"""A request's header without what must not leave."""

from hypothesis import given
from hypothesis import strategies as st

from octet.edge.connection.headers import CREDENTIALS, read_headers

_NAMES = st.sampled_from([*CREDENTIALS, "x-own", "host"]).flatmap(
    lambda name: st.sampled_from([name, name.upper(), name.title(), f" {name} "])
)


@given(st.lists(st.tuples(_NAMES, st.binary(max_size=20))))
def test_names_stay_and_credentials_go(raw: list[tuple[str, bytes]]) -> None:
    """Every name stays in place and case; the values of credentials, however written, are empty."""
    headers = read_headers([(n.encode(), v) for n, v in raw], frozenset({"x-own"}))
    assert [name for name, _ in headers] == [name for name, _ in raw]
    for (name, value), (_, given_value) in zip(headers, raw, strict=True):
        hidden = name.strip().lower() != "host"
        assert value.encode("latin-1") == (b"" if hidden else given_value)
