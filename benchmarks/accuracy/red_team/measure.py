"""One run of the red team: searches, attacks as people make them, replayed receipts."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs
import numpy as np
from attrs import frozen

from benchmarks.accuracy.exits import Known
from benchmarks.accuracy.paths import Paths, measured_noise_ms
from benchmarks.accuracy.red_team import attacks
from benchmarks.accuracy.red_team.capability import CAPABILITIES
from benchmarks.accuracy.red_team.forge import Forge
from benchmarks.accuracy.red_team.ground import Ground, Grounds
from benchmarks.accuracy.red_team.move import Move
from benchmarks.accuracy.red_team.search import CEILINGS, Effort, Reached, Search
from benchmarks.accuracy.scores import RESAMPLES, TAIL
from benchmarks.accuracy.space import Kind, Space
from benchmarks.accuracy.world import World
from octet.schema.verdict import Alarm
from octet.service.atlas import Atlas
from octet.service.atlas.container import Array
from octet.service.engine import Engine

NAMED: Final = 0.5
SURE: Final = 0.9
PATIENT: Final = Effort()
QUIET: Final = Alarm.LOW
"""The ceiling below which most customers' policies let a visitor through."""


@frozen
class Size:
    """How much is tried."""

    searched: int = 12
    """Situations in which every attacker searches."""
    attacked: int = 200
    """Situations in which every attack is made."""
    effort: Effort = PATIENT


QUICK: Final = Size(searched=1, attacked=4, effort=Effort(random_attempts=4, sweeps=1))


def measure(atlas: Atlas, known: Known, size: Size, *, seed: int) -> dict[str, Any]:
    """Return what is kept of a run."""
    rng = np.random.default_rng(seed)
    grounds = draw(atlas, known, max(size.searched, size.attacked), rng)
    engine, forge = Engine(atlas), Forge(atlas)
    searched = grounds[: size.searched]
    found, attempts = search(engine, forge, searched, size.effort, rng)
    return {
        "searched": size.searched,
        "attempts": attempts,
        "capabilities": [
            _summary(name, reached, searched, atlas, rng) for name, reached in found.items()
        ],
        "attacks": attacks.measure(engine, forge, grounds[: size.attacked], rng),
    }


def draw(atlas: Atlas, known: Known, count: int, rng: np.random.Generator) -> list[Ground]:
    """Return situations, each of a world of its own."""
    space, noise_ms = Space(atlas), measured_noise_ms()
    return [
        Grounds(atlas, space, known, Paths(World.draw(rng), rng, noise_ms)).draw()
        for _ in range(count)
    ]


def search(
    engine: Engine,
    forge: Forge,
    grounds: Sequence[Ground],
    effort: Effort,
    rng: np.random.Generator,
) -> tuple[dict[str, list[list[Reached]]], int]:
    """Return what each attacker reached, by situation and ceiling; and how often all tried.

    Who has more means begins with what served those who have less.
    """
    found: dict[str, list[list[Reached]]] = {one.name: [] for one in CAPABILITIES}
    attempts = 0
    for ground in grounds:
        starts: list[Move] = []
        for capability in CAPABILITIES:
            searching = Search(engine, forge, ground, capability, rng, effort, tuple(starts))
            reached = searching.run()
            found[capability.name].append(reached)
            attempts += len(searching.tried)
            if capability.forges:
                starts += [one.move for one in reached]
    return found, attempts


def _summary(
    name: str,
    reached: Sequence[Sequence[Reached]],
    grounds: Sequence[Ground],
    atlas: Atlas,
    rng: np.random.Generator,
) -> dict[str, Any]:
    by_ceiling = {
        str(ceiling): [situation[place] for situation in reached]
        for place, ceiling in enumerate(CEILINGS)
    }
    quiet = by_ceiling[str(QUIET)]
    worst = max(range(len(quiet)), key=lambda at: quiet[at].confidence)
    return {
        "capability": name,
        "ceilings": {
            ceiling: _numbers([one.confidence for one in best], rng)
            for ceiling, best in by_ceiling.items()
        },
        "uses": _uses(
            [
                (g, one.plainer)
                for g, one in zip(grounds, quiet, strict=True)
                if one.confidence >= NAMED
            ]
        ),
        "worst": {
            "from": atlas.countries[grounds[worst].country],
            "claimed": atlas.countries[grounds[worst].claimed],
            "confidence": quiet[worst].confidence,
            "alarm": str(quiet[worst].alarm),
            "move": {
                k: v
                for k, v in attrs.asdict(quiet[worst].move, recurse=False).items()
                if k != "way"
            }
            | {
                "way": [
                    str(getattr(part, "value", part))
                    for part in attrs.astuple(quiet[worst].move.way, recurse=False)
                ]
            },
        },
    }


def _numbers(confidence: Sequence[float], rng: np.random.Generator) -> dict[str, Any]:
    sure = np.array(confidence)
    drawn = sure[rng.integers(len(sure), size=(RESAMPLES, len(sure)))]
    return {
        "each": sorted(confidence),
        "median": _interval(float(np.median(sure)), np.median(drawn, axis=1)),
        "most": float(sure.max()),
        "named": _interval(float((sure >= NAMED).mean()), (drawn >= NAMED).mean(axis=1)),
        "sure": _interval(float((sure >= SURE).mean()), (drawn >= SURE).mean(axis=1)),
    }


def _interval(value: float, again: Array) -> Mapping[str, float]:
    low, high = np.quantile(again, [TAIL, 1.0 - TAIL])
    return {"value": value, "low": float(low), "high": float(high)}


def _uses(played: Sequence[tuple[Ground, Move]]) -> dict[str, float]:
    """Return how many of the moves that name the claimed country use each means."""
    if not played:
        return {}
    moves = [move for _, move in played]
    told = {
        "delays on every packet": [max(m.kernel_added_ms) > 0 for m in moves],
        "delays on pongs": [max(m.pong_added_ms) > 0 for m in moves],
        "a proxy's header": [m.forwarded for m in moves],
        "no channel": [m.volleys == 0 for m in moves],
        "several edges": [m.volleys > 0 and m.channels > 1 for m in moves],
        "own languages kept": [m.languages == g.own.languages for g, m in played],
        "an exit in a home": [m.way.exit in {Kind.HOME, Kind.SIM} for m in moves],
        "an exit in a relay's network": [m.way.exit is Kind.RELAY for m in moves],
        "2G claimed": [m.slow_link for m in moves],
    }
    return {name: float(np.mean(hits)) for name, hits in told.items()}
