import pytest
from hypothesis import given
from hypothesis import strategies as st

from octet.schema import Brand, UserAgent
from octet.service.engine.stack.client_hello import Engine
from octet.service.engine.stack.syn import System
from octet.service.engine.stack.user_agent import (
    Claim,
    hinted_engine,
    platform_system,
    read_user_agent,
)

BLINK, GECKO, WEBKIT = Engine.BLINK, Engine.GECKO, Engine.WEBKIT
WINDOWS, LINUX, APPLE = System.WINDOWS, System.LINUX, System.APPLE
WEB = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEB} Chrome/140.0.0.0 Safari/537.36",
            Claim(WINDOWS, BLINK, mobile=False),
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            Claim(LINUX, GECKO, mobile=False),
        ),
        (
            f"Mozilla/5.0 (Linux; Android 10; K) {WEB} Chrome/140.0.0.0 Mobile Safari/537.36",
            Claim(LINUX, BLINK, mobile=True),
        ),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) {WEB} CriOS/140 Mobile/15E1",
            Claim(APPLE, WEBKIT, mobile=True),
        ),
        (
            f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEB} Version/18.0 Safari/605.1.15",
            Claim(APPLE, WEBKIT, mobile=False),
        ),
        ("curl/8.5.0", Claim(None, None, mobile=False)),
        ("", Claim(None, None, mobile=False)),
    ],
)
def test_claims(text: str, claim: Claim) -> None:
    """System and engine are read from the usual texts; unknown ones claim nothing."""
    assert read_user_agent(text) == claim


@pytest.mark.parametrize(
    ("name", "system"),
    [
        ("Win32", WINDOWS),
        ("Linux x86_64", LINUX),
        ("Linux armv8l", LINUX),
        ("MacIntel", APPLE),
        ("macOS", APPLE),
        ("Chrome OS", LINUX),
        ("PlayStation", None),
        ("", None),
        (None, None),
    ],
)
def test_platforms(name: str | None, system: System | None) -> None:
    """Platforms and hints are read by the same table."""
    assert platform_system(name) is system


def test_hints() -> None:
    """Only Chromium has brands."""
    assert hinted_engine(UserAgent("x", brands=(Brand("Chromium", "140"),))) is BLINK
    assert hinted_engine(UserAgent("x")) is None


@given(st.text(max_size=2000))
def test_any_text_is_read(text: str) -> None:
    """Hostile texts claim something or nothing, and only their beginning counts."""
    assert read_user_agent(text) == read_user_agent(text[:512])
