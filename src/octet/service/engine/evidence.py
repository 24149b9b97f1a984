"""One family's evidence on its way into the posterior.

A family says only what it depends on, and the posterior is summed from these small tables
(`posterior`). The whole table over all hypotheses, which nobody needs for a verdict, is `log_prob`.
"""

from enum import StrEnum

import numpy as np
from attrs import field, frozen

from octet.service.atlas.container import Array
from octet.service.engine.hypotheses import Environment, Transport


class Group(StrEnum):
    """Families that could be wrong together; the alarm's top level wants two of these."""

    ADDRESS = "address"
    ENVIRONMENT = "environment"
    TIMING = "timing"
    STACK = "stack"
    DEPLOYMENT = "deployment"
    """Of the edge, not of the visitor: it can only calm."""


_NOTHING = np.zeros((1, 1, 1), np.float32)
_NOTHING_BY_EXIT = np.zeros((1, 1, 1, 1), np.float32)


@frozen(eq=False)
class Evidence:
    """How likely one family of facts is under each hypothesis, nats.

    log P(z | c, s, e, x) is the sum of `manner`, `path` and `settings`; in the hypotheses whose
    settings follow the exit, `follows` stands in the place of `settings`. Each axis is its full
    length or 1, and all is 0 where facts are missing. Already weighted: w ≤ 1, because families
    repeat each other.
    """

    family: str
    group: Group
    manner: Array = field(default=_NOTHING)
    """(B, S, E)."""
    path: Array = field(default=_NOTHING_BY_EXIT)
    """(B, S, K, C)."""
    settings: Array = field(default=_NOTHING)
    """(B, E, C)."""
    follows: Array = field(default=_NOTHING_BY_EXIT)
    """(B, 2, K, C): set to the exit (`Environment.AT_EXIT`), then honest while roaming."""

    def of(self, rows: Array, silent: slice = slice(0)) -> "Evidence":
        """Return the evidence on some envelopes of the batch, none on the *silent* of these."""

        def some(part: Array) -> Array:
            if part.size == 1:
                return part
            kept = part[rows if len(part) > 1 else np.zeros_like(rows)]
            kept[silent] = 0.0
            return kept

        return Evidence(
            self.family,
            self.group,
            some(self.manner),
            some(self.path),
            some(self.settings),
            some(self.follows),
        )

    def log_prob(self) -> Array:
        """Return the whole table, (B, S, E, K, C), each axis its full length or 1."""
        whole = self.path[:, :, None] + self.settings[:, None, :, None]
        if self.settings.shape[1] > 1:
            whole = np.repeat(whole, len(Transport) // whole.shape[1], axis=1)
            whole = np.repeat(whole, self.follows.shape[2] // whole.shape[3], axis=3)
            path = self.path
            whole[:, :, Environment.AT_EXIT] = path + self.follows[:, None, 0]
            roaming = path[:, Transport.ROAMING if path.shape[1] > 1 else 0]
            whole[:, Transport.ROAMING, Environment.HONEST] = roaming + self.follows[:, 1]
        return np.asarray(whole + self.manner[:, :, :, None, None])
