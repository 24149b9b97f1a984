"""What is wrong with an input, in words."""

from typing import Any

import pytest

from octet.schema import SchemaError, structure

HEAD = {"v": 1, "id": "a", "mode": "full", "collector": "1", "signals": {}}


def faults(kind: type, value: Any) -> list[str]:
    """Return all that is wrong with *value*, which must be something."""
    with pytest.raises(SchemaError) as caught:
        structure(kind, value)
    return [str(fault) for fault in caught.value.faults]


def report(**members: Any) -> dict[str, Any]:
    return HEAD | members
