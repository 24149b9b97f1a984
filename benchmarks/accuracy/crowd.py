"""All sessions of a run, in arrays, with what everybody says of them."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from attrs import define

from benchmarks.accuracy import baselines
from benchmarks.accuracy.answers import ENGINE, Answers, Judged, judge
from benchmarks.accuracy.baselines import Looked
from benchmarks.accuracy.exits import Known
from benchmarks.accuracy.paths import Paths, measured_noise_ms
from benchmarks.accuracy.sessions import Case, Session, Simulator
from benchmarks.accuracy.space import Space
from benchmarks.accuracy.world import World
from octet.service.atlas import Atlas
from octet.service.atlas.as_types import AsType
from octet.service.atlas.container import Array

SMALL_DELTA_MS = 10.0
ON_NO_LIST = ", exit on no list"
UNLISTED = (Case.VPN_HONEST, Case.VPN_SPOOFED)


@define(frozen=True)
class Size:
    """How much is simulated."""

    worlds: int = 25
    sessions: int = 60
    """Of each class in each world."""
    many: int = 10
    """Times as many who do not hide: what is rare among these is what matters."""


@define(slots=False, eq=False)
class Crowd:
    """N sessions."""

    sessions: list[Session]
    world: Array
    """(N,) number of the world."""
    looked: list[Looked]
    known: Known
    engine: Judged
    rules: Mapping[str, Answers]
    """The baselines', by name."""

    @property
    def everybody(self) -> dict[str, Answers]:
        """The engine and the rules."""
        return {ENGINE: self.engine, **self.rules}

    @cached_property
    def case(self) -> Array:
        """(N,) of `Case`."""
        return np.array([str(session.case) for session in self.sessions])

    @cached_property
    def country(self) -> Array:
        """(N,) true ones."""
        return np.array([session.country for session in self.sessions], dtype=object)

    @cached_property
    def network(self) -> Array:
        """(N,) number of the autonomous system that the address is in."""
        return np.array([one.system for one in self.looked])

    @cached_property
    def plain(self) -> Array:
        """(N,) bool, whether the browser itself ends TCP."""
        return np.array([session.seen.gap_ms == 0.0 for session in self.sessions])

    @cached_property
    def pattern(self) -> Array:
        """(N,) what a session looks like: network, clock, Δ."""
        return np.array(
            [
                f"{AsType(one.kind).name.lower() if one.kind >= 0 else 'unknown'}, "
                f"clock {'agrees' if one.zone_agrees else 'differs'}, "
                f"Δ {'small' if session.seen.delta_ms < SMALL_DELTA_MS else 'large'}"
                for session, one in zip(self.sessions, self.looked, strict=True)
            ]
        )

    @cached_property
    def masks(self) -> dict[str, Array]:
        """Classes, and those whose exit is on no public list, each (N,) bool."""
        found = {str(case): self.case == case for case in Case}
        if self.known.listed:
            unlisted = ~np.isin(self.network, list(self.known.listed))
            found |= {case + ON_NO_LIST: found[case] & unlisted for case in UNLISTED}
        return {name: mask for name, mask in found.items() if mask.any()}

    def right(self, answers: Answers) -> Array:
        """Return whether each answer is, (N,) bool."""
        return np.asarray(answers.country == self.country)


def draw(
    atlas: Atlas,
    known: Known,
    size: Size,
    rng: np.random.Generator,
    *,
    thorough: bool = False,
) -> tuple[list[Session], Array]:
    """Return the sessions of *size* worlds, and the number of each one's world."""
    space, noise_ms = Space(atlas), measured_noise_ms()
    sessions: list[Session] = []
    worlds: list[int] = []
    for number in range(size.worlds):
        paths = Paths(World.draw(rng), rng, noise_ms)
        simulator = Simulator(atlas, space, known, paths, thorough=thorough)
        for case in Case:
            often = case in {Case.DIRECT, Case.TRAVELLER}
            count = size.sessions * (size.many if often else 1)
            sessions += simulator.sessions(case, count)
            worlds += [number] * count
    return sessions, np.array(worlds)


def simulate(atlas: Atlas, known: Known, size: Size, rng: np.random.Generator) -> Crowd:
    """Return the sessions of *size* worlds and everybody's answers to them."""
    sessions, worlds = draw(atlas, known, size, rng)
    return answered(atlas, known, sessions, worlds)


def answered(atlas: Atlas, known: Known, sessions: Sequence[Session], worlds: Array) -> Crowd:
    """Return the sessions with everybody's answers."""
    looked = baselines.look_up(atlas, sessions)
    envelopes = [session.envelope for session in sessions]
    judged = judge(atlas, envelopes, [session.country for session in sessions])
    rules = baselines.answers(atlas, known, sessions, looked)
    return Crowd(list(sessions), worlds, looked, known, judged, rules)
