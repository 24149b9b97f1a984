"""What a request is told of its quota."""

import pytest

from octet.service.quotas import Allowance


@pytest.mark.parametrize(
    ("reset_s", "told"), [(0.0001, "1"), (1.0, "1"), (1.001, "2"), (60.5, "61")]
)
def test_whole_seconds(reset_s: float, told: str) -> None:
    """Times are whole seconds, never too early and never none."""
    allowance = Allowance(admitted=True, limit=9, remaining=3, reset_s=reset_s)
    assert allowance.headers() == {
        "ratelimit-limit": "9",
        "ratelimit-remaining": "3",
        "ratelimit-reset": told,
    }


def test_refused() -> None:
    """Who is refused is told to come back when there is more, by both headers alike."""
    headers = Allowance(admitted=False, limit=9, remaining=0, reset_s=2.5).headers()
    assert headers["retry-after"] == headers["ratelimit-reset"] == "3"
