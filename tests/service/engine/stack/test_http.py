import pytest

from octet.schema import Http2
from octet.service.engine.stack.client_hello import Engine
from octet.service.engine.stack.http import engine_of_h2, engine_of_headers


@pytest.mark.parametrize(
    ("pseudo", "window", "engine"),
    [
        ("masp", 15663105, Engine.BLINK),
        ("masp", 1, Engine.BLINK),
        ("mpas", 12517377, Engine.GECKO),
        ("mspa", 10485760, Engine.WEBKIT),
        ("mpas", 15663105, Engine.OTHER),
        ("ampx", 0, Engine.OTHER),
        ("", 0, Engine.OTHER),
    ],
)
def test_openings(pseudo: str, window: int, engine: Engine) -> None:
    """The order of the pseudo-headers names the engine; another's window makes it nobody's."""
    opening = Http2(settings=(), window_update=window, priority=(), pseudo=tuple(pseudo))
    assert engine_of_h2(opening) is engine


@pytest.mark.parametrize(
    ("names", "engine"),
    [
        (["host", "sec-ch-ua", "user-agent"], Engine.BLINK),
        (["host", "user-agent", "accept", "accept-language", "accept-encoding"], Engine.GECKO),
        (["host", "accept", "user-agent", "accept-language", "accept-encoding"], None),
        (["host", "user-agent"], None),
        ([], None),
    ],
)
def test_headers(names: list[str], engine: Engine | None) -> None:
    """Only what one engine alone does is an opinion."""
    assert engine_of_headers(names) is engine
