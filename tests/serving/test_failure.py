"""What a log may say of an exception."""

from octet.serving.failure import describe


def test_type_and_place_without_message() -> None:
    """An exception is told by type and place, never by its message; a group by its members."""
    try:
        raise ValueError("top-secret")  # noqa: TRY301 - its place is what is tested
    except ValueError as exc:
        group = ExceptionGroup("top-secret", [exc, KeyError("top-secret")])
    text = describe(group)
    assert text.startswith("ValueError ← test_type_and_place_without_message (test_failure.py:")
    assert text.endswith(", KeyError")
    assert "top-secret" not in text
