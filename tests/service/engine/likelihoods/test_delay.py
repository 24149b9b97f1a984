import numpy as np
import pytest

from octet.schema.verdict import Location
from octet.service.atlas import Atlas
from octet.service.atlas.container import Array
from octet.service.engine.facts import Facts
from octet.service.engine.hypotheses import Transport
from octet.service.engine.likelihoods import Delay
from octet.service.engine.likelihoods.delay import EDGES_KEPT, FLAT, MISPLACED, WEIGHT

FRANKFURT = Location(50.11, 8.68)


@pytest.fixture(scope="module")
def delay(atlas: Atlas) -> Delay:
    return Delay.of(atlas)


def weigh(delay: Delay, ms: float | None, edge: Location | None, exit_row: int = -1) -> Array:
    """Return (C, S, K)."""
    fact = Facts(source_ip="10.0.0.1", kernel_ms=ms, edge=edge, received_at_ms=0)
    table = delay.evidence([fact], np.array([[exit_row, -1, -1]])).log_prob
    return np.asarray(table[0, :, :, 0])


@pytest.mark.parametrize(("ms", "edge"), [(None, FRANKFURT), (20.0, None), (None, None)])
def test_a_missing_delay_or_place_says_nothing(
    delay: Delay, ms: float | None, edge: Location | None
) -> None:
    """Zeros."""
    assert np.abs(weigh(delay, ms, edge)).max() == 0


def test_a_short_delay_rejects_what_is_far(delay: Delay, atlas: Atlas) -> None:
    """Ten milliseconds from Frankfurt is no direct path from Japan."""
    table = weigh(delay, 10.0, FRANKFURT)[:, Transport.DIRECT, 0]
    assert table[atlas.country_row["DE"]] > table[atlas.country_row["JP"]] + 1


def test_a_tunnel_pays_both_legs(delay: Delay, atlas: Atlas) -> None:
    """Ten milliseconds is no path from Germany through America; a proxy hides its own leg."""
    american = atlas.country_row["US"]
    german = weigh(delay, 10.0, Location(40.71, -74.0), american)[atlas.country_row["DE"]]
    assert german[Transport.PROXY, 1] > german[Transport.VPN, 1] + 0.5
    slow = weigh(delay, 110.0, Location(40.71, -74.0), american)[atlas.country_row["DE"]]
    assert slow[Transport.VPN, 1] > german[Transport.VPN, 1] + 0.5


@pytest.mark.parametrize("ms", [0.0, 0.05, 1.0, 3.0])
def test_below_three_milliseconds_all_is_alike(delay: Delay, ms: float) -> None:
    """A short last mile is nothing to suspect."""
    np.testing.assert_array_equal(weigh(delay, ms, FRANKFURT), weigh(delay, 3.0, FRANKFURT))


@pytest.mark.parametrize("ms", [0.0, 5.0, 300.0, 1e7])
def test_no_delay_is_impossible(delay: Delay, ms: float) -> None:
    """The edge may be elsewhere than it says, so no delay weighs more than that chance."""
    table = weigh(delay, ms, Location(-33.87, 151.21))
    assert table.min() >= WEIGHT * np.log(MISPLACED * FLAT) - 1e-9


def test_memory_of_edges_is_bounded(delay: Delay) -> None:
    """Places that reports make up cannot fill the memory, nor change an answer."""
    before = weigh(delay, 10.0, FRANKFURT)
    for step in range(5):
        weigh(delay, 10.0, Location(float(step), 0.0))
    info = delay._paths.to_edge.cache_info()
    assert info.maxsize == EDGES_KEPT
    np.testing.assert_array_equal(weigh(delay, 10.0, FRANKFURT), before)
