import numpy as np

from octet.service.atlas.delay import REACH_KM_PER_MS, base_delay_ms


def test_delay_grows_with_distance_from_nothing() -> None:
    """No distance costs nothing, and further always costs more."""
    delay = base_delay_ms(np.array([0.0, 10.0, 1000.0, 5000.0, 20000.0]))
    assert delay[0] == 0
    assert (np.diff(delay) > 0).all()


def test_the_typical_delay_is_never_below_the_physical_bound() -> None:
    """The model asks for more time than light needs, at every distance."""
    away = np.linspace(1.0, 20000.0, 500)
    assert (base_delay_ms(away) > away / REACH_KM_PER_MS).all()
