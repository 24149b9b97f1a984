"""The fit of the engine's model: its sessions, its regressions, and the module that it writes."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy.exits import DATA
from benchmarks.accuracy.page import weights as page
from benchmarks.accuracy.page.kept import Kept
from benchmarks.accuracy.part import Options
from benchmarks.accuracy.results import Result
from benchmarks.accuracy.results import write as keep
from benchmarks.accuracy.sessions import Case
from benchmarks.calibration import weights
from benchmarks.calibration.crowd import Crowd
from benchmarks.calibration.exits import drawn_exits
from benchmarks.calibration.fit import FALSE_ALARMS, HONEST, fit, fit_thresholds, isotonic, logistic
from benchmarks.calibration.module import write
from octet.service.atlas import Atlas
from octet.service.config import DEFAULT_ATLAS
from octet.service.engine import Engine
from octet.service.engine.fitted import FITTED
from octet.service.engine.pattern import NAMES

SESSIONS = 60_000


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    return Atlas.load(DEFAULT_ATLAS)


@pytest.fixture(scope="module")
def crowd() -> Crowd:
    """Honest sessions, half of them travellers', whose posteriors claim too little."""
    rng = np.random.default_rng(5)
    logit = rng.normal(2.0, 1.5, SESSIONS)
    return Crowd(
        case=rng.choice(list(HONEST), SESSIONS),
        world=np.zeros(SESSIONS),
        share=np.full(SESSIONS, 1.0 / SESSIONS),
        right=rng.random(SESSIONS) < 1.0 / (1.0 + np.exp(-1.0 - 1.5 * logit)),
        logit=logit,
        suspicion=rng.normal(-4.0, 2.0, SESSIONS),
        supported=rng.random(SESSIONS) < 0.5,
        pattern=rng.integers(4, size=SESSIONS),
        whole=np.ones(SESSIONS, dtype=bool),
    )


def test_no_honest_class_alarms_more_than_it_may(crowd: Crowd) -> None:
    """The thresholds keep every class below the false alarms allowed, and not much below."""
    found = fit_thresholds(crowd)
    for case in HONEST:
        mine = crowd.case == case
        assert 0.02 < (crowd.suspicion[mine] >= found.low).mean() <= FALSE_ALARMS["low"]
        assert 0.002 < (crowd.suspicion[mine] >= found.medium).mean() <= FALSE_ALARMS["medium"]
        high = crowd.supported[mine] & (crowd.suspicion[mine] >= found.high)
        assert high.mean() <= FALSE_ALARMS["high"]


def test_the_fit_finds_the_line_that_was_drawn(crowd: Crowd) -> None:
    """Logistic regression recovers offset and slope; what is scarce stays where it is drawn."""
    offset, slope = logistic(crowd.logit, crowd.right, crowd.share, (0.0, 1.0), 0.0)
    assert (offset, slope) == pytest.approx((1.0, 1.5), abs=0.1)
    few = logistic(crowd.logit[:3], crowd.right[:3], np.ones(3), (0.3, 0.7), 100.0)
    assert few == pytest.approx((0.3, 0.7), abs=0.05)


def test_a_fitted_model_is_calibrated(crowd: Crowd) -> None:
    """What it says of sessions like those is how often they are right."""
    calibration = fit(crowd, "1").calibration
    said = calibration.right_share(crowd.logit, crowd.pattern)
    assert said.mean() == pytest.approx(crowd.right.mean(), abs=0.005)
    for low, high in ((0.0, 0.7), (0.7, 0.9), (0.9, 1.0)):
        mine = (said > low) & (said <= high)
        assert said[mine].mean() == pytest.approx(crowd.right[mine].mean(), abs=0.03)


def test_isotonic_regression_rises() -> None:
    """Violators are pooled: knots and shares rise, and the mean is kept."""
    rng = np.random.default_rng(2)
    z = rng.normal(size=5000)
    right = rng.random(5000) < 0.5
    knots, shares = isotonic(z, right, np.ones(5000))
    assert (np.diff(knots) > 0).all()
    assert (np.diff(shares) > 0).all()


def test_a_model_survives_being_written(crowd: Crowd, tmp_path: Path) -> None:
    """The module that is written holds the model that was fitted."""
    model = fit(crowd, "2026-x")
    write(model, tmp_path / "fitted.py")
    assert runpy.run_path(str(tmp_path / "fitted.py"))["FITTED"] == model


def test_exits_stand_somewhere_else_than_the_evaluations(atlas: Atlas) -> None:
    """They are drawn from address space, some in plain networks, some pretending."""
    exits = drawn_exits(atlas, np.random.default_rng(1), 200).exits
    assert len(exits) == 200
    assert 0.02 < np.mean([e.country != e.advertised for e in exits]) < 0.4
    kinds = atlas.addresses.look_up([e.address for e in exits])[1]
    assert 0.5 < (kinds == 3).mean() < 1.0


def test_a_small_crowd(atlas: Atlas) -> None:
    """Sessions of every class are drawn and judged; the shares of a world sum to one."""
    crowd = Crowd.draw(atlas, np.random.default_rng(3), worlds=1, sessions=1, hidden=0.1)
    assert set(crowd.case) == set(Case)
    assert crowd.share.sum() == pytest.approx(1.0)
    assert np.isfinite(crowd.logit).all()
    assert crowd.pattern.max() < len(NAMES)


def test_what_serves_was_fitted(atlas: Atlas) -> None:
    """The engine serves a model that names the tables it was fitted on."""
    engine = Engine(atlas)
    assert engine.model is FITTED
    assert engine.model.version.startswith("2026.")


def test_a_family_that_counts_less_costs_more_or_less(atlas: Atlas, tmp_path: Path) -> None:
    """Every family's log loss is told at every factor, all alike where none was changed."""
    numbers = weights.measure(atlas, Options(quick=True, seed=1, data=DATA))
    families = numbers["families"]
    assert {one["family"] for one in families} >= {"votes", "network", "origin", "delay"}
    as_it_is = weights.FACTORS.index(1.0)
    for of in ("country", "hides"):
        assert np.isfinite([one[of] for one in families]).all()
        assert np.ptp([one[of][as_it_is] for one in families]) == pytest.approx(0.0, abs=1e-6)
        assert any(np.ptp(one[of]) > 0 for one in families)
    where = {"at": "2026-01-01", "seed": 1, "quick": True}
    keep(Result(where, numbers), tmp_path / "accuracy-weights.json")
    text = page.section(Kept(tmp_path, tmp_path / "accuracy.md"))
    assert text.count("**") >= 4 * len(families)
    assert "a quick run" in text
