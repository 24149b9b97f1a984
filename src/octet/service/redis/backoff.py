"""How long to wait before the next attempt; without any I/O."""

from random import Random
from typing import Final

FIRST_S: Final = 0.05
MAX_S: Final = 3.0


class Backoff:
    """Pauses that double up to `MAX_S`, each shortened by chance.

    By chance, so that the processes of a deployment do not all come back in the same moment.
    """

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._next_s = FIRST_S

    def pause_s(self) -> float:
        """Return how long to wait now, seconds: between a half and the whole of the next step."""
        pause_s = self._next_s * self._rng.uniform(0.5, 1.0)
        self._next_s = min(MAX_S, self._next_s * 2)
        return pause_s

    def reset(self) -> None:
        """Begin anew: an attempt has succeeded."""
        self._next_s = FIRST_S
