"""When public keys are fetched, and for how long they are believed."""

import pytest

from octet.client import ProtocolError
from octet.client._keys import (
    AFTER_FAILURE_S,
    FRESH_S,
    MAX_FRESH_S,
    MAX_KEYS,
    MIN_FRESH_S,
    KeyCache,
    Keys,
)
from octet.client._replies import read_keys
from octet.client._steps import Reply
from octet.schema import encode


def listing(*paserks: str, cache_control: str | None = None) -> Keys:
    keys = [{"kid": "k4.pid.x", "paserk": paserk, "state": "active"} for paserk in paserks]
    headers = {} if cache_control is None else {"cache-control": cache_control}
    return read_keys(Reply(200, headers, encode({"keys": keys, "later": 1})))


def test_a_listing_is_read() -> None:
    """Keys come as PASERK; ids and states are not believed, members of later versions ignored."""
    assert listing("k4.public.a", "k4.public.b").paserks == ("k4.public.a", "k4.public.b")


@pytest.mark.parametrize(
    ("cache_control", "fresh_s"),
    [
        (None, FRESH_S),
        ("public, max-age=60", 60.0),
        ("max-age=60,public", 60.0),
        ("s-maxage=60", FRESH_S),
        ("max-age=1", MIN_FRESH_S),
        ("max-age=999999999", MAX_FRESH_S),
        ("max-age=-1", FRESH_S),
        ("max-age=٣", FRESH_S),
        ("no-store", MIN_FRESH_S),
        ("no-cache, max-age=600", MIN_FRESH_S),
    ],
)
def test_cache_control_is_heeded_within_bounds(cache_control: str | None, fresh_s: float) -> None:
    """The service says for how long a listing is good, but neither hammering nor forever."""
    assert listing(cache_control=cache_control).fresh_s == fresh_s


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b'{"keys":{}}',
        b'{"keys":[{}]}',
        b'{"keys":[{"paserk":1}]}',
        encode({"keys": [{"paserk": "k4.public.a"}] * (MAX_KEYS + 1)}),
    ],
)
def test_what_is_no_listing_is_a_protocol_error(body: bytes) -> None:
    """A listing is bounded, and each key in it is text."""
    with pytest.raises(ProtocolError):
        read_keys(Reply(200, {}, body))


def test_unknown_keys_are_fetched_no_more_often_than_allowed() -> None:
    """However many ids are made up, the service is asked once in `MIN_FRESH_S`."""
    cache = KeyCache()
    assert cache.due("a", 0.0)
    cache.keep({"a": "A"}, 600.0, 0.0)
    assert not cache.due("a", 1.0)
    assert not any(cache.due(f"made up {n}", n / 10) for n in range(int(MIN_FRESH_S * 10)))
    assert cache.due("made up", MIN_FRESH_S)


def test_a_listing_grows_old() -> None:
    """A key that is known is looked up anew when its listing is no longer fresh."""
    cache = KeyCache()
    cache.keep({"a": "A"}, 60.0, 0.0)
    assert not cache.due("a", 59.0)
    assert cache.due("a", 60.0)
    cache.keep({"b": "B"}, 60.0, 60.0)
    assert cache.get("a", 60.0) is None
    assert cache.get("b", 60.0) == "B"


def test_an_old_listing_holds_while_there_is_no_new_one() -> None:
    """A service that is away does not stop verification at once; nor does it go on for ever."""
    cache = KeyCache()
    cache.keep({"a": "A"}, 60.0, 0.0)
    cache.failed(60.0)
    assert cache.failing
    assert not cache.due("a", 60.0 + AFTER_FAILURE_S / 2)
    assert cache.due("a", 60.0 + AFTER_FAILURE_S)
    assert cache.get("a", MAX_FRESH_S - 1) == "A"
    assert cache.get("a", MAX_FRESH_S) is None
