import attrs
import numpy as np
import pytest

from octet.service.atlas import Atlas
from octet.service.atlas.as_types import AsType
from octet.service.atlas.container import Array
from octet.service.atlas.delay import base_delay_ms
from octet.service.engine.facts import Facts
from octet.service.engine.hypotheses import Transport
from octet.service.engine.likelihoods import CrossLayer
from octet.service.engine.likelihoods.cross_layer import (
    GAP_SPREAD,
    LAST_MILE_MS,
    LOGISTIC,
    LONGEST_MS,
    NO_SIGN,
    NOISE_MS,
    TOR_MS,
    busy_chance,
    stall_chance,
)

GAPS_MS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 80.0, 150.0, 600.0, 3000.0, 9000.0)


@pytest.fixture(scope="module")
def layers(atlas: Atlas) -> CrossLayer:
    return CrossLayer.of(atlas)


def fact(delta_ms: float | None, volleys: int = 24) -> Facts:
    return Facts(source_ip="10.0.0.1", delta_ms=delta_ms, volleys=volleys, received_at_ms=0)


def by_country(path: Array) -> Array:
    """Return (B, S, K, C) as (B, C, S, K)."""
    return np.moveaxis(path, 3, 1)


def weigh(layers: CrossLayer, *facts: Facts, kind: AsType = AsType.ACCESS) -> Array:
    """Return (B, C, S, K)."""
    named = np.tile([5, 40, -1], (len(facts), 1))
    network = np.full(len(facts), int(kind))
    return by_country(layers.evidence(facts, named, network).path)


def test_a_missing_gap_says_nothing(layers: CrossLayer) -> None:
    """Zeros, also beside a session that has one."""
    table = weigh(layers, fact(None), fact(50.0))
    assert np.abs(table[0]).max() == 0
    assert np.abs(table[1]).max() > 0


def test_the_odds_of_a_proxy_never_fall(layers: CrossLayer) -> None:
    """For every country and exit, a wider gap speaks no less for a proxy against no proxy."""
    table = weigh(layers, *map(fact, GAPS_MS))
    for clear in (Transport.DIRECT, Transport.VPN, Transport.ROAMING):
        odds = table[:, :, Transport.PROXY] - table[:, :, clear]
        assert (np.diff(odds, axis=0) >= -1e-5).all()


def test_noise_clears_and_a_gap_does_not(layers: CrossLayer, atlas: Atlas) -> None:
    """Chromium's usual noise speaks against a proxy, thirty milliseconds for one."""
    row = atlas.country_row["DE"]
    few, eight, many = weigh(layers, fact(2.0), fact(8.0), fact(30.0))[:, row, :, 0]
    assert few[Transport.PROXY] < few[Transport.DIRECT] - 3
    assert eight[Transport.PROXY] < eight[Transport.DIRECT] + 1
    assert many[Transport.PROXY] > many[Transport.DIRECT] + 4


def test_a_near_gap_is_no_far_country(layers: CrossLayer, atlas: Atlas) -> None:
    """Light does not come from Australia to a German exit in fifteen milliseconds."""
    german, australian = atlas.country_row["DE"], atlas.country_row["AU"]
    named = np.array([[german, -1, -1]])
    table = by_country(layers.evidence([fact(15.0)], named, np.array([AsType.ACCESS])).path)
    assert table[0, german, Transport.PROXY, 0] > table[0, australian, Transport.PROXY, 1] + 2


def test_fewer_volleys_wait_more_often() -> None:
    """One volley may have waited, twenty-four hardly; satellites split TCP."""
    chances = busy_chance([fact(1.0, 1), fact(1.0, 8), fact(1.0, 24)])
    assert chances[0] > chances[1] > chances[2] > 0
    assert stall_chance([fact(1.0)], np.array([AsType.SATELLITE]))[0] > 0.4


def test_a_satellites_gap_is_no_proxy(layers: CrossLayer, atlas: Atlas) -> None:
    """Half a second of gap is usual over a satellite that splits TCP."""
    row = atlas.country_row["US"]
    table = weigh(layers, fact(550.0), kind=AsType.SATELLITE)[0, row, :, 0]
    assert table[Transport.PROXY] < table[Transport.DIRECT] + 2


def test_the_pages_own_connect_is_a_weak_gap(layers: CrossLayer, atlas: Atlas) -> None:
    """Without a channel the page's load tells a little, as it may have led elsewhere."""
    row = atlas.country_row["DE"]
    loaded = Facts(source_ip="10.0.0.1", connect_ms=150.0, kernel_ms=10.0, received_at_ms=0)
    table = weigh(layers, loaded, fact(140.0), attrs.evolve(loaded, kernel_ms=None))[:, row, :, 0]
    odds = table[:, Transport.PROXY] - table[:, Transport.DIRECT]
    assert 0.1 < odds[0] < 1.5 < odds[1]
    assert odds[2] == 0


def test_a_slow_link_stalls_more_often() -> None:
    """A link that the browser itself calls slow widens the noise."""
    slow = Facts(source_ip="10.0.0.1", slow_link=True, volleys=24, received_at_ms=0)
    usual, longer = stall_chance([fact(1.0), slow], np.array([AsType.ACCESS] * 2))
    assert longer > usual


@pytest.mark.parametrize(
    ("transport", "more_ms"), [(Transport.PROXY, 0.0), (Transport.TOR, TOR_MS)]
)
@pytest.mark.parametrize("gap_ms", [1.0, 15.0, 80.0, 600.0])
def test_gaps_weigh_what_the_formula_says(
    layers: CrossLayer, atlas: Atlas, gap_ms: float, transport: Transport, more_ms: float
) -> None:
    """The tables hold log((1 - rho) g + rho / ln(3000 / 0.8)) for every country and exit."""
    table = weigh(layers, fact(gap_ms))[0, :, transport]
    flat = 1.0 / np.log(LONGEST_MS / NOISE_MS)
    log_mu = np.log(base_delay_ms(atlas.distance_km) + LAST_MILE_MS + more_ms)

    def nats(log_mu_ms: Array) -> Array:
        rise = 1.0 / (1.0 + np.exp(-LOGISTIC / GAP_SPREAD * (np.log(gap_ms) - log_mu_ms)))
        density = rise / np.maximum(np.log(LONGEST_MS) - log_mu_ms, 1.0)
        return np.asarray(np.log((1.0 - NO_SIGN) * density + NO_SIGN * flat))

    np.testing.assert_allclose(table[:, 0], nats(np.diagonal(log_mu)), atol=1e-4)
    np.testing.assert_allclose(table[:, 1], nats(log_mu[5]), atol=1e-4)
    np.testing.assert_allclose(table[:, 2], nats(log_mu[40]), atol=1e-4)
    np.testing.assert_allclose(table[:, -1], nats(log_mu.mean(axis=0)), atol=1e-4)
