"""One run: worlds, their sessions, everybody's answers, and the numbers from them."""

from typing import Any, Final

import attrs
import numpy as np

from benchmarks.accuracy import ablations, alarms, calibration, scores
from benchmarks.accuracy.answers import ENGINE, Answers
from benchmarks.accuracy.calibration import claims
from benchmarks.accuracy.crowd import Crowd, Size, simulate
from benchmarks.accuracy.exits import Known
from benchmarks.accuracy.mixes import HIDDEN_SHARES, OPEN_MIX
from benchmarks.accuracy.scores import Bootstrap, Rate
from benchmarks.accuracy.sessions import Case
from octet.service.atlas import Atlas
from octet.service.atlas.as_types import AsType
from octet.service.atlas.container import Array

SURE: Final = 0.9
LEAST_OF_COUNTRY: Final = 20
"""Sessions, for a country to count in an average of countries."""


def measure(atlas: Atlas, known: Known, size: Size, small: Size, *, seed: int) -> dict[str, Any]:
    """Return what is kept of a run: aggregates, and no session.

    Args:
        atlas: the engine's tables.
        known: real exits and lists, where they are there.
        size: of the run.
        small: of each of the runs with less or better evidence.
        seed: of everything drawn.
    """
    rng = np.random.default_rng(seed)
    crowd = simulate(atlas, known, size, rng)
    alarmed = {name: alarms.found(crowd, answers) for name, answers in crowd.everybody.items()}
    again = Bootstrap(crowd.world, crowd.network, rng)
    usual = HIDDEN_SHARES[1]
    return {
        "exits": len(known.exits),
        "exitNetworks": _networks(atlas, known),
        "listedSystems": len(known.listed),
        "worlds": size.worlds,
        "rates": _engine(crowd, alarmed[ENGINE], rng),
        "baselines": {
            name: _baseline(crowd, answers, alarmed[name]) for name, answers in crowd.rules.items()
        },
        "scores": _scores(crowd),
        "falseAlarms": alarms.false_alarms(crowd, alarmed[ENGINE]),
        "trueAlarms": {name: alarms.true_alarms(crowd, alarmed[name]) for name in crowd.everybody},
        "alarmCurves": {"falseAlarms": alarms.CURVE.tolist(), "found": alarms.curves(crowd)},
        "calibration": calibration.by_share(crowd, again),
        "sweep": calibration.sweep(crowd),
        "spoofed": _spoofed(atlas, crowd),
        "patterns": calibration.patterns(crowd, usual, again, rng.spawn(1)[0]),
        "riskCoverage": calibration.curves(crowd, usual),
        "countries": _countries(crowd),
        "variants": ablations.measure(atlas, known, small, rng),
    }


def _networks(atlas: Atlas, known: Known) -> int:
    _, _, systems = atlas.addresses.look_up([exit_.address for exit_ in known.exits])
    return len(set(systems.tolist()))


def hits(crowd: Crowd, answers: Answers, alarmed: dict[str, Array]) -> dict[str, Array]:
    """Return what each session counts towards each number, (N,) in [0, 1]."""
    sure, right = claims(crowd, answers)
    return {
        "right": right,
        "wrong": ~right & (sure > 0),
        "silent": sure == 0,
        "sureWrong": ~right & (sure > SURE),
        **alarmed,
    }


def _engine(
    crowd: Crowd, alarmed: dict[str, Array], rng: np.random.Generator
) -> dict[str, dict[str, Any]]:
    found = hits(crowd, crowd.engine, alarmed)

    def rates(mask: Array) -> dict[str, Any]:
        again = Bootstrap(crowd.world[mask], crowd.network[mask], rng)
        rated: dict[str, Rate] = {name: again.rate(hit[mask]) for name, hit in found.items()}
        return {name: attrs.asdict(rate) for name, rate in rated.items()}

    return {name: rates(mask) for name, mask in crowd.masks.items()}


def _baseline(
    crowd: Crowd, answers: Answers, alarmed: dict[str, Array]
) -> dict[str, dict[str, float]]:
    found = hits(crowd, answers, alarmed)
    return {
        case: {name: float(hit[mask].mean()) for name, hit in found.items()}
        for case, mask in crowd.masks.items()
    }


def _spoofed(atlas: Atlas, crowd: Crowd) -> dict[str, int]:
    """Return of how many who set their clock to where a tunnel's exit is advertised a wrong country
    is sure; of these, whose network the tables call access or mobile; and of the rest, whose exit
    the tables put into other countries only.
    """
    sure, right = claims(crowd, crowd.engine)
    rows = np.flatnonzero((crowd.case == Case.VPN_SPOOFED) & ~right & (sure > SURE))
    sessions = [crowd.sessions[row] for row in rows]
    votes, kinds, _ = atlas.addresses.look_up([session.seen.address for session in sessions])
    advertised = np.array([atlas.country_row[one.clock_country] for one in sessions], np.int64)
    homes = np.isin(kinds, (AsType.ACCESS, AsType.MOBILE))
    elsewhere = (votes >= 0).any(axis=1) & ~(votes == advertised[:, None]).any(axis=1)
    return {
        "sureWrong": len(rows),
        "amongHomes": int(homes.sum()),
        "elsewhere": int((~homes & elsewhere).sum()),
    }


def _scores(crowd: Crowd) -> dict[str, dict[str, float]]:
    """Return log loss, Brier score and averages over countries, by class."""
    answers = crowd.engine
    sure, right = claims(crowd, answers)
    believed = np.clip(answers.true_share, scores.LEAST, 1.0)
    found = {}
    for case, mask in crowd.masks.items():
        kept = mask & (sure > 0)
        even = np.ones(int(kept.sum()))
        macro, countries = _macro(crowd.country[mask], right[mask])
        found[case] = {
            "posteriorLogLoss": float(-np.log(believed[mask]).mean()),
            "logLoss": scores.log_loss(sure[kept], right[kept], even) if kept.any() else 0.0,
            "brier": scores.brier(sure[kept], right[kept], even) if kept.any() else 0.0,
            "macroRight": macro,
            "countries": countries,
        }
    return found


def _macro(country: Array, right: Array) -> tuple[float, int]:
    """Return the mean over countries of how often it is right, and how many countries count."""
    codes, row, counts = np.unique(country.astype(str), return_inverse=True, return_counts=True)
    shares = np.bincount(row, weights=right, minlength=len(codes)) / counts
    least = min(LEAST_OF_COUNTRY, int(counts.max()))
    kept = counts >= least
    return float(shares[kept].mean()), int(kept.sum())


def _countries(crowd: Crowd) -> dict[str, dict[str, float]]:
    """Return of each country how its visitors fare who do not hide."""
    sure, right = claims(crowd, crowd.engine)
    level = crowd.engine.level
    opened = np.isin(crowd.case, [str(case) for case in OPEN_MIX])
    found = {}
    for code in np.unique(crowd.country[opened].astype(str)):
        mine = opened & (crowd.country == code)
        found[str(code)] = {
            "count": int(mine.sum()),
            "wrong": float((~right & (sure > 0))[mine].mean()),
            "silent": float((sure == 0)[mine].mean()),
            "medium": float((level >= 2)[mine].mean()),  # noqa: PLR2004 - of `Alarm`
        }
    return found
