"""Sessions of many fitting worlds, and what the engine believes of them before any fit."""

from collections.abc import Iterator, Mapping
from typing import Final, Self

import numpy as np
from attrs import frozen

from benchmarks.accuracy.envelopes import WHOLE, View, envelope
from benchmarks.accuracy.mixes import HIDDEN_MIX, OPEN_MIX
from benchmarks.accuracy.sessions import Case, Session, Simulator
from benchmarks.accuracy.space import Space
from benchmarks.calibration.exits import drawn_exits
from benchmarks.calibration.views import any_view
from benchmarks.calibration.world import FitPaths, FitWorld
from octet.schema import Envelope
from octet.schema.verdict import Alarm
from octet.service.atlas import Atlas
from octet.service.atlas.container import Array
from octet.service.engine import Engine
from octet.service.engine.confidence import best_countries
from octet.service.engine.model import Thresholds
from octet.service.engine.pattern import patterns

BATCH: Final = 64
MANY: Final = {Case.DIRECT: 8, Case.TRAVELLER: 8}
"""Times as many sessions of the classes whose rare alarms matter."""
CANDIDATES: Final = Thresholds(low=-np.inf, medium=-np.inf, high=0.0)
"""Whoever is likelier bad than good, and has two supporters, is a candidate for high."""
HIDDEN: Final = 0.1
"""Share of visitors who hide, of whatever kind."""
EVEN: Final = 4.0
"""How alike the shares of the worlds are: of their Dirichlet distribution."""


@frozen(eq=False)
class Crowd:
    """N sessions, and what is believed of them."""

    case: Array
    """(N,) of `Case`."""
    world: Array
    """(N,) numbers."""
    share: Array
    """(N,) what each counts in its world's mix; the shares of a world sum to 1."""
    right: Array
    """(N,) bool, whether the likeliest country is the true one."""
    logit: Array
    """(N,) of its posterior."""
    suspicion: Array
    """(N,) ln m / (1 − m)."""
    supported: Array
    """(N,) bool, whether two groups support an alarm."""
    pattern: Array
    """(N,) rows of `pattern.NAMES`."""
    whole: Array
    """(N,) bool, whether no signal is missing."""

    @classmethod
    def draw(
        cls, atlas: Atlas, rng: np.random.Generator, *, worlds: int, sessions: int, hidden: float
    ) -> Self:
        """Return *sessions* of each class in each world, of whose visitors a share hides."""
        found = list(drawn(atlas, rng, worlds, sessions))
        cases = np.array([session.case for _, session, _ in found])
        world = np.array([number for number, _, _ in found])
        believed = judged(Engine(atlas), [sent(session, view) for _, session, view in found])
        true = np.array([atlas.country_row[session.country] for _, session, _ in found])
        return cls(
            case=cases,
            world=world,
            share=shares(cases, world, hidden, rng),
            right=believed["best"] == true,
            logit=believed["logit"],
            suspicion=believed["suspicion"],
            supported=believed["supported"],
            pattern=believed["pattern"],
            whole=np.array([view is WHOLE for _, _, view in found]),
        )


def sent(session: Session, view: View) -> Envelope:
    """Return what arrives of the session."""
    return envelope(session.seen, 1, view)


def judged(engine: Engine, envelopes: list[Envelope]) -> dict[str, Array]:
    """Return what the engine believes of each envelope."""
    parts: list[tuple[Array, ...]] = []
    # Those with as many exits to choose from together, as the engine itself does.
    for at in range(0, len(envelopes), BATCH):
        found = engine.reason(envelopes[at : at + BATCH])
        best, logit = best_countries(found.posterior.country)
        supported = np.array([alarm is Alarm.HIGH for alarm in found.alarms(CANDIDATES)])
        pattern = patterns(found.facts, found.votes, engine.atlas)
        parts.append((best, logit, found.posterior.suspicion_log_odds, supported, pattern))
    names = ("best", "logit", "suspicion", "supported", "pattern")
    columns = map(np.concatenate, zip(*parts, strict=True))
    return dict(zip(names, columns, strict=True))


def drawn(
    atlas: Atlas, rng: np.random.Generator, worlds: int, sessions: int
) -> Iterator[tuple[int, Session, View]]:
    """Yield the number of the world, a session, and what arrives of it."""
    space = Space(atlas)
    for number in range(worlds):
        known = drawn_exits(atlas, rng)
        paths = FitPaths(FitWorld.draw(rng), rng, np.empty(0))
        simulator = Simulator(atlas, space, known, paths)
        for case in Case:
            for session in simulator.sessions(case, sessions * MANY.get(case, 1)):
                yield number, session, any_view(rng)


def shares(cases: Array, world: Array, hidden: float, rng: np.random.Generator) -> Array:
    """Return what each session counts, (N,): those of a world share 1, by its mix of classes."""
    share = np.zeros(len(cases))
    for number in np.unique(world):
        mix = {c: s * (1.0 - hidden) for c, s in _drawn(OPEN_MIX, rng).items()}
        mix |= {c: s * hidden for c, s in _drawn(HIDDEN_MIX, rng).items()}
        for case, part in mix.items():
            mine = (cases == case) & (world == number)
            share[mine] = part / mine.sum()
    return share


def _drawn(mix: Mapping[Case, float], rng: np.random.Generator) -> dict[Case, float]:
    """Return other shares of the same classes, whose mean they are."""
    shares = rng.dirichlet(EVEN * len(mix) * np.array(list(mix.values())))
    return dict(zip(mix, shares.tolist(), strict=True))
