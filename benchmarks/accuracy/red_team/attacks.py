"""Attacks as people make them, each the same in every situation: what they change."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import attrs
import numpy as np
from attrs import frozen

from benchmarks.accuracy.red_team.forge import Forge
from benchmarks.accuracy.red_team.ground import LANDMARKS, Ground
from benchmarks.accuracy.red_team.move import Helper, Move, Route, Way
from benchmarks.accuracy.scores import Bootstrap
from benchmarks.accuracy.space import Kind
from octet.schema.verdict import Alarm
from octet.service.atlas.container import Array
from octet.service.engine import Engine

BATCH: Final = 64
SURE: Final = 0.9
Make = Callable[[Ground], Move]


@frozen
class Attack:
    """One recipe."""

    name: str
    move: Make


def _honest(ground: Ground, **more: Any) -> Move:
    return Move(zone=ground.own.zone, languages=ground.own.languages, **more)


def _zone(ground: Ground, **more: Any) -> Move:
    return Move(zone=ground.wanted.zone, languages=ground.own.languages, **more)


def _forged(ground: Ground, **more: Any) -> Move:
    return Move(zone=ground.wanted.zone, languages=ground.wanted.languages, **more)


def _perfect(ground: Ground, **more: Any) -> Move:
    """Everything set as the claimed country has it, and a stack that fits."""
    return _forged(ground, conventions=True, clock_ahead_ms=0, agent=True, **more)


def _all(ms: float) -> tuple[float, ...]:
    return (ms,) * LANDMARKS


def _one(ms: float) -> tuple[float, ...]:
    return (ms, *(0.0,) * (LANDMARKS - 1))


TUNNEL, PROXY = Way(Route.TUNNEL, Kind.HOST), Way(Route.PROXY, Kind.HOST)
AT_HOME_EXIT = Way(Route.PROXY, Kind.HOME)
HELPED = Way(Route.PROXY, Kind.HOST, Helper.NEAR_EDGE)
INSIDE = Way(Route.PROXY, Kind.HOST, Helper.AT_EXIT)
DESKTOP = Way(Route.PROXY, Kind.HOME, Helper.AT_EXIT)

ATTACKS: Final = (
    Attack("none: at home, honest", _honest),
    Attack("none: at home, honest, three edges", lambda g: _honest(g, channels=3)),
    *(
        Attack(
            f"at home, honest: +{ms} ms on every packet",
            lambda g, ms=ms: _honest(g, channels=3, kernel_added_ms=_all(ms)),  # type: ignore[misc]
        )
        for ms in (20, 100, 400)
    ),
    *(
        Attack(
            f"at home, honest: +{ms} ms on pongs",
            lambda g, ms=ms: _honest(g, pong_added_ms=_all(ms)),  # type: ignore[misc]
        )
        for ms in (5, 20, 100, 400)
    ),
    Attack("at home, honest: jitter up to 300 ms on pongs", lambda g: _honest(g, jitter_ms=300.0)),
    Attack(
        "at home, honest: +100 ms at one of three edges",
        lambda g: _honest(g, channels=3, kernel_added_ms=_one(100)),
    ),
    Attack("at home: zone forged", _zone),
    Attack("at home: zone and languages forged", _forged),
    Attack("at home: everything forged", _perfect),
    Attack(
        "at home: zone forged, +400 ms on every packet (a roamer's disguise)",
        lambda g: _zone(g, channels=3, kernel_added_ms=_all(400)),
    ),
    Attack(
        "at home: everything forged, a proxy's header, no channel",
        lambda g: _perfect(g, forwarded=True, volleys=0),
    ),
    Attack("VPN: nothing forged", lambda g: _honest(g, way=TUNNEL)),
    Attack("VPN: zone forged", lambda g: _zone(g, way=TUNNEL)),
    Attack("VPN: everything forged", lambda g: _perfect(g, way=TUNNEL)),
    Attack(
        "VPN: everything forged, a proxy's header, +400 ms on pongs",
        lambda g: _perfect(g, way=TUNNEL, forwarded=True, pong_added_ms=_all(400)),
    ),
    Attack("L4 proxy: everything forged", lambda g: _perfect(g, way=PROXY)),
    Attack(
        "L4 proxy: everything forged, jitter up to 300 ms on pongs",
        lambda g: _perfect(g, way=PROXY, jitter_ms=300.0),
    ),
    Attack("L4 proxy: everything forged, no channel", lambda g: _perfect(g, way=PROXY, volleys=0)),
    Attack(
        "L4 proxy: everything forged, helper near the edge in the place of a channel",
        lambda g: _perfect(g, way=HELPED, volleys=0),
    ),
    Attack(
        "L4 proxy: everything forged, 2G claimed", lambda g: _perfect(g, way=PROXY, slow_link=True)
    ),
    Attack("L4 proxy in a home: everything forged", lambda g: _perfect(g, way=AT_HOME_EXIT)),
    Attack("program at a host's exit: everything forged", lambda g: _perfect(g, way=INSIDE)),
    Attack("program at a home's exit (a cloud desktop's twin)", lambda g: _perfect(g, way=DESKTOP)),
)


def measure(
    engine: Engine, forge: Forge, grounds: Sequence[Ground], rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Return what each attack came to, over situations that have the exits it needs."""
    return [_row(engine, forge, attack, grounds, rng) for attack in ATTACKS]


def _row(
    engine: Engine,
    forge: Forge,
    attack: Attack,
    grounds: Sequence[Ground],
    rng: np.random.Generator,
) -> dict[str, Any]:
    moves = [(ground, attack.move(ground)) for ground in grounds]
    kept = [(g, m) for g, m in moves if m.way.exit is None or m.way.exit in g.exits]
    envelopes = [forge.envelope(ground, move) for ground, move in kept]
    verdicts = [
        verdict
        for at in range(0, len(envelopes), BATCH)
        for verdict in engine.judge(envelopes[at : at + BATCH])
    ]
    codes = engine.atlas.countries
    true = np.array(
        [v.country == codes[g.country] for (g, _), v in zip(kept, verdicts, strict=True)]
    )
    claimed = np.array(
        [v.country == codes[g.claimed] for (g, _), v in zip(kept, verdicts, strict=True)]
    )
    silent = np.array([v.country is None for v in verdicts])
    sure = np.array([v.confidence > SURE for v in verdicts])
    level = np.array([v.alarm.level for v in verdicts])
    quiet = level < Alarm.MEDIUM.level
    hits: dict[str, Array] = {
        "true": true,
        "claimed": claimed,
        "other": ~true & ~claimed & ~silent,
        "silent": silent,
        "claimedQuietly": claimed & quiet,
        "claimedSurelyQuietly": claimed & quiet & sure,
        **{str(alarm): level >= alarm.level for alarm in list(Alarm)[1:]},
    }
    each = np.arange(len(verdicts))
    again = Bootstrap(each, np.zeros_like(each), rng)
    rates = {name: attrs.asdict(again.rate(hit)) for name, hit in hits.items()}
    return {
        "attack": attack.name,
        "count": len(verdicts),
        **{
            name: {part: rate[part] for part in ("value", "low", "high")}
            for name, rate in rates.items()
        },
    }
