"""The search for the most certain answer that an attacker can get, at no more than some alarm.

Random attempts first; from the best of them, and from the plain one, one member of the move after
another is set to whatever serves best, until nothing serves better. The attacker sees the engine's
posterior: more than any customer, and therefore an upper bound of what probing finds.
"""

from collections.abc import Sequence
from typing import Any, Final

import attrs
import numpy as np
from attrs import define, field, frozen

from benchmarks.accuracy.red_team.capability import Capability
from benchmarks.accuracy.red_team.forge import Forge
from benchmarks.accuracy.red_team.ground import Ground
from benchmarks.accuracy.red_team.move import Move
from octet.schema.verdict import Alarm
from octet.service.engine import Engine

CEILINGS: Final = (Alarm.NONE, Alarm.LOW, Alarm.HIGH)
"""The highest alarms that he puts up with."""
BATCH: Final = 32
LEAST: Final = 1e-6
NEAR_NAMED: Final = 0.3
"""Below this probability no country is named, so nobody asks for the verdict."""
TOO_LOUD: Final = 5.0
PENALTY: Final = 40.0
"""Nats of an alarm above the ceiling, and a unit of suspicion on top."""
AS_GOOD: Final = 0.01
"""Confidence that a plainer move may cost."""


@frozen
class Tried:
    """What came of an attempt."""

    chance: float
    """P(claimed country)."""
    suspicion: float
    confidence: float
    """In the claimed country; 0 when it is not the one named."""
    alarm: Alarm | None
    """None where no verdict was asked for."""


@frozen
class Reached:
    """The best that was found."""

    ceiling: Alarm
    confidence: float
    """In the claimed country; 0 when it is not the one named."""
    alarm: Alarm | None
    """None when nothing was named quietly enough."""
    move: Move
    plainer: Move
    """The same without what gives but a hundredth of confidence: what it needs."""


@frozen
class Effort:
    """How hard attackers try."""

    random_attempts: int = 32
    sweeps: int = 3
    """How often each member is set anew, at most."""


@define(eq=False)
class Search:
    """One attacker's search: remembers what was tried."""

    engine: Engine
    forge: Forge
    ground: Ground
    capability: Capability
    rng: np.random.Generator
    effort: Effort
    starts: tuple[Move, ...] = ()
    """What served an attacker with less."""
    tried: dict[Move, Tried] = field(factory=dict)

    def run(self) -> list[Reached]:
        """Return the best at each ceiling."""
        choices = self.capability.choices(self.ground)
        first = self.capability.first(self.ground)
        starts = [move for move in self.starts if move.way in choices["way"]]
        drawn = [self._any(first, choices) for _ in range(self.effort.random_attempts)]
        self.look([first, *starts, *drawn])
        for ceiling in CEILINGS[:-1]:
            for start in dict.fromkeys([first, self.best(ceiling)]):
                self._climb(start, ceiling, choices)
        return [self._reached(ceiling, first, choices) for ceiling in CEILINGS]

    def look(self, moves: Sequence[Move]) -> None:
        """Try what was not tried yet."""
        fresh = [move for move in dict.fromkeys(moves) if move not in self.tried]
        code = self.engine.atlas.countries[self.ground.claimed]
        for at in range(0, len(fresh), BATCH):
            some = fresh[at : at + BATCH]
            envelopes = [self.forge.envelope(self.ground, move) for move in some]
            posterior = self.engine.reason(envelopes).posterior
            chance = posterior.country[:, self.ground.claimed]
            near = np.flatnonzero(chance >= NEAR_NAMED)
            verdicts = dict(
                zip(near.tolist(), self.engine.judge([envelopes[row] for row in near]), strict=True)
            )
            for row, move in enumerate(some):
                verdict = verdicts.get(row)
                named = verdict is not None and verdict.country == code
                self.tried[move] = Tried(
                    float(chance[row]),
                    float(posterior.suspicion[row]),
                    verdict.confidence if verdict is not None and named else 0.0,
                    None if verdict is None else verdict.alarm,
                )

    def best(self, ceiling: Alarm) -> Move:
        """Return the best attempt so far."""
        return max(self.tried, key=lambda move: self.score(move, ceiling))

    def score(self, move: Move, ceiling: Alarm) -> float:
        """Return the log probability of the claimed country, less what the alarm costs."""
        one = self.tried[move]
        loud = one.alarm is not None and one.alarm.level > ceiling.level
        return float(np.log(one.chance + LEAST)) - loud * (TOO_LOUD + PENALTY * one.suspicion)

    def _climb(self, move: Move, ceiling: Alarm, choices: Any) -> None:
        for _ in range(self.effort.sweeps):
            before = self.score(move, ceiling)
            for name in self.rng.permutation(list(choices)).tolist():
                others = [attrs.evolve(move, **{name: value}) for value in choices[name]]
                self.look(others)
                move = max([move, *others], key=lambda other: self.score(other, ceiling))
            if self.score(move, ceiling) <= before:
                return

    def _any(self, first: Move, choices: Any) -> Move:
        drawn = {
            name: values[int(self.rng.integers(len(values)))] for name, values in choices.items()
        }
        return attrs.evolve(first, **drawn)

    def _reached(self, ceiling: Alarm, first: Move, choices: Any) -> Reached:
        """Return the surest answer at no more than that alarm."""
        quiet = [move for move, one in self.tried.items() if _is_quiet(one, ceiling)]
        if not quiet:
            best = self.best(ceiling)
            return Reached(ceiling, 0.0, None, best, best)
        move = max(quiet, key=lambda one: self.tried[one].confidence)
        one = self.tried[move]
        plainer = self._plainer(move, ceiling, first, choices) if one.confidence else move
        return Reached(ceiling, one.confidence, one.alarm, move, plainer)

    def _plainer(self, move: Move, ceiling: Alarm, first: Move, choices: Any) -> Move:
        least = self.tried[move].confidence - AS_GOOD
        for name in choices:
            other = attrs.evolve(move, **{name: getattr(first, name)})
            self.look([other])
            one = self.tried[other]
            if _is_quiet(one, ceiling) and one.confidence >= least:
                move = other
        return move


def _is_quiet(one: Tried, ceiling: Alarm) -> bool:
    return one.alarm is not None and one.alarm.level <= ceiling.level
