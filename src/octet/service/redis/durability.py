"""What Redis's settings mean for "acknowledged means delivered"; without any I/O."""

from collections.abc import Mapping
from typing import Final

GOOD: Final = {
    "appendonly": ("yes", "forgets all at a restart"),
    "appendfsync": ("always", "forgets the last moment when its host fails"),
    "maxmemory-policy": ("noeviction", "drops what it acknowledged when memory is short"),
}
"""Setting to the value under which nothing acknowledged is lost, and what any other one means."""
SETTINGS: Final = tuple(GOOD)


def doubts(settings: Mapping[str, str]) -> tuple[str, ...]:
    """Return what can be lost under *settings*, in words for the operator.

    Args:
        settings: as ``CONFIG GET`` tells them; what it does not tell is not known.
    """
    found = [
        f"{meaning}: {name} is {settings[name]}, and should be {good}"
        for name, (good, meaning) in GOOD.items()
        if settings.get(name, good) != good
    ]
    unknown = [name for name in GOOD if name not in settings]
    if unknown:
        found.append(f"does not tell how durable it is: {', '.join(unknown)} unknown")
    return tuple(found)
