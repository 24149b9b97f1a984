import numpy as np
import pytest

from octet.service.atlas.container import Array
from octet.service.engine.fitted import FITTED
from octet.service.engine.model import Calibration
from octet.service.engine.pattern import NAMES

LOGITS = np.linspace(-10.0, 25.0, 200)


def shares(calibration: Calibration, pattern: int, logits: Array = LOGITS) -> Array:
    return calibration.right_share(logits, np.full(len(logits), pattern))


def test_each_pattern_has_its_own_line() -> None:
    """Where nothing was fitted everybody's line answers."""
    own = Calibration({NAMES[3]: (1.0, 0.5)}, (0.0, 1.0), (-1.0, 1.0), (0.2, 0.8))
    assert shares(own, 3, np.array([0.0, -2.0, 9.0])).tolist() == pytest.approx([0.8, 0.5, 0.8])
    assert shares(own, 4, np.array([0.0, -2.0])).tolist() == pytest.approx([0.5, 0.2])


@pytest.mark.parametrize("pattern", range(len(NAMES)))
def test_what_was_fitted_only_rises(pattern: int) -> None:
    """Of two envelopes that look alike the surer posterior never gives the less sure answer."""
    found = shares(FITTED.calibration, pattern)
    assert (np.diff(found) >= 0).all()
    assert found[0] > 0.0
    assert found[-1] < 1.0


def test_what_was_fitted_names_known_patterns() -> None:
    """No line is lost to a name that no envelope has."""
    assert set(FITTED.calibration.by_pattern) <= set(NAMES)
    assert all(slope > 0 for _, slope in FITTED.calibration.by_pattern.values())
