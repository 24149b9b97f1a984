"""Volleys without any I/O."""

import json
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octet.edge.latency import ProtocolViolation, Volleys


class Played:
    """Volleys with counted nonces and a clock that the test moves."""

    def __init__(self, wanted: int = 3) -> None:
        numbers = count(1)
        self.now_s = 100.0
        self.volleys = Volleys(
            wanted, nonce=lambda: f"n{next(numbers)}", clock_s=lambda: self.now_s
        )


def pong(nonce: object = "n1", page_nonce: object = "m1", **more: object) -> str:
    return json.dumps({"t": "pong", "n": nonce, "m": page_nonce, **more})


def test_volleys_are_timed_in_order() -> None:
    """Each volley lasts from its ping to its pong, and carries the page's last nonce."""
    played = Played(wanted=2)
    volleys = played.volleys
    assert json.loads(volleys.hello()) == {"t": "hello", "v": 1, "volleys": 2}
    assert json.loads(volleys.ping()) == {"t": "ping", "n": "n1"}
    played.now_s += 0.0123456
    volleys.pong(pong("n1", "first"))
    played.now_s += 7  # between volleys no time counts
    assert not volleys.complete
    assert json.loads(volleys.ping()) == {"t": "ping", "n": "n2", "m": "first"}
    played.now_s += 0.02
    volleys.pong(pong("n2", "second"))
    assert volleys.complete
    assert volleys.rtt_us == (12_346, 20_000)
    assert json.loads(volleys.done("v4.local.AA")) == {"t": "done", "receipt": "v4.local.AA"}


def test_unknown_members_are_ignored() -> None:
    """A newer page may say more."""
    volleys = Played().volleys
    volleys.ping()
    volleys.pong(pong(more=1))
    assert len(volleys.rtt_us) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pong",
        "[]",
        pong("n2"),
        pong(""),
        pong(None),
        pong(1),
        pong("n1", ""),
        pong("n1", None),
        pong("n1", 7),
        pong("n1", "m" * 129),
        pong().replace("pong", "ping"),
        '{"t":"pong","n":"n1"}',
        '{"t":"pong","n":"n1","n":"n1","m":"m1"}',
        pong(more=[[[]]]),
        "\ud800",
        '{"t":"pong","n":"n1","m":"\\ud800"}',
    ],
)
def test_wrong_frame_is_a_violation(text: str) -> None:
    """What is not the pong that is awaited is refused, and measures nothing."""
    volleys = Played().volleys
    volleys.ping()
    with pytest.raises(ProtocolViolation):
        volleys.pong(text)
    assert volleys.rtt_us == ()


def test_pong_without_ping_is_a_violation() -> None:
    """A pong counts once, and never before its ping."""
    volleys = Played().volleys
    with pytest.raises(ProtocolViolation):
        volleys.pong(pong(""))
    volleys.ping()
    volleys.pong(pong("n1"))
    with pytest.raises(ProtocolViolation):
        volleys.pong(pong("n1"))


_TEXT = st.text(st.characters(), max_size=200)


@given(st.lists(_TEXT | st.builds(pong, st.just("n1") | _TEXT, _TEXT) | st.just("[" * 5000)))
def test_nothing_but_violations(texts: list[str]) -> None:
    """Whatever text a page sends, nothing but a ProtocolViolation comes of it."""
    volleys = Played().volleys
    for text in texts:
        volleys.ping()
        try:
            volleys.pong(text)
        except ProtocolViolation:
            continue
    assert len(volleys.rtt_us) <= 1
