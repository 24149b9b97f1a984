from collections.abc import Sequence

import numpy as np
import pytest

from octet.schema.verdict import Location
from octet.service.atlas import Atlas
from octet.service.atlas.as_types import AsType
from octet.service.atlas.container import Array
from octet.service.atlas.delay import base_delay_ms
from octet.service.atlas.sphere import distance_km
from octet.service.engine.facts import Facts
from octet.service.engine.hypotheses import Transport
from octet.service.engine.likelihoods import Delay
from octet.service.engine.likelihoods.delay import (
    ANY_MILE,
    EDGES_KEPT,
    FLAT,
    LAST_MILE,
    LAST_MILE_MS,
    MISPLACED,
    SPREAD,
    STEP,
    WEIGHT,
)
from octet.service.engine.paths import Landmark
from octet.service.engine.places import Places

FRANKFURT = Location(50.11, 8.68)
ACCESS = int(AsType.ACCESS)


@pytest.fixture(scope="module")
def delay(atlas: Atlas) -> Delay:
    return Delay.of(atlas, Places.of(atlas))


def weigh(delay: Delay, ms: float | None, edge: Location | None, exit_row: int = -1) -> Array:
    """Return (C, S, K)."""
    marks = [Landmark(place=edge, kernel_ms=ms)] if edge and ms is not None else []
    return among(delay, marks, exit_row)


def among(delay: Delay, marks: Sequence[Landmark], exit_row: int = -1, network: int = -1) -> Array:
    """Return (C, S, K) of several landmarks."""
    fact = Facts(source_ip="10.0.0.1", landmarks=tuple(marks), received_at_ms=0)
    return np.moveaxis(
        delay.evidence([fact], np.array([[exit_row, -1, -1]]), np.array([network])).path[0], 2, 0
    )


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
    assert table.min() >= WEIGHT * np.log(MISPLACED * FLAT) - 1e-4


def formula(ms: float, expected_ms: Array) -> Array:
    """Return P(r | expected delays), of r in its step, in double precision."""
    apart = (round(np.log(ms) / STEP) * STEP - np.log(expected_ms)) / SPREAD
    bell = 3.0 / 8.0 / SPREAD * (1.0 + apart**2 / 4.0) ** -2.5
    return np.asarray((1.0 - MISPLACED) * bell + MISPLACED * FLAT)


@pytest.mark.parametrize("ms", [3.0, 12.0, 80.0, 400.0, 9000.0])
def test_delays_weigh_what_the_formula_says(delay: Delay, atlas: Atlas, ms: float) -> None:
    """Grains move the weight of a path, direct or through an exit, by less than 0.01 nats."""
    places, mile_ms = Places.of(atlas), LAST_MILE_MS[:, None].astype(np.float64)
    away = distance_km(lat=places.lat, lon=places.lon, to_lat=FRANKFURT.lat, to_lon=FRANKFURT.lon)
    base_ms = base_delay_ms(away)
    table = among(delay, [Landmark(place=FRANKFURT, kernel_ms=ms)], exit_row=40, network=ACCESS)

    def mean(at_point: Array) -> Array:
        return np.add.reduceat(at_point * places.weight, places.first[:-1])

    direct = mean(LAST_MILE[ACCESS] @ formula(ms, base_ms + mile_ms))
    np.testing.assert_allclose(table[:, Transport.DIRECT, 0], WEIGHT * np.log(direct), atol=0.01)
    legs_ms = base_delay_ms(atlas.distance_km[40]) + mean(base_ms)[40]
    through = ANY_MILE @ formula(ms, legs_ms + mile_ms)
    np.testing.assert_allclose(table[:, Transport.VPN, 1], WEIGHT * np.log(through), atol=0.01)


def test_memory_of_edges_is_bounded(delay: Delay) -> None:
    """Places that reports make up cannot fill the memory, nor change an answer."""
    before = weigh(delay, 10.0, FRANKFURT)
    for step in range(5):
        weigh(delay, 10.0, Location(float(step), 0.0))
    info = delay._paths.to_edge.cache_info()
    assert info.maxsize == EDGES_KEPT
    np.testing.assert_array_equal(weigh(delay, 10.0, FRANKFURT), before)


LONDON, WARSAW, MADRID = Location(51.51, -0.13), Location(52.23, 21.01), Location(40.42, -3.70)


def landmarks(*pairs: tuple[Location, float]) -> list[Landmark]:
    return [Landmark(place=place, kernel_ms=ms) for place, ms in pairs]


def test_several_landmarks_place_better_than_one(delay: Delay, atlas: Atlas) -> None:
    """Three round trips that fit Germany tell it from Spain and Britain better than one does."""
    marks = landmarks((FRANKFURT, 12.0), (LONDON, 25.0), (WARSAW, 27.0))
    row = atlas.country_row
    one, three = (among(delay, some)[:, Transport.DIRECT, 0] for some in (marks[:1], marks))
    for other in ("ES", "GB", "TR"):
        assert three[row["DE"]] - three[row[other]] > one[row["DE"]] - one[row[other]]


def test_the_last_mile_is_shared(delay: Delay, atlas: Atlas) -> None:
    """A long last mile towards all edges is likelier than one towards a single edge."""
    german = atlas.country_row["DE"]
    even = landmarks((FRANKFURT, 50.0), (LONDON, 65.0), (WARSAW, 65.0))
    odd = landmarks((FRANKFURT, 50.0), (LONDON, 22.0), (WARSAW, 22.0))
    slow, uneven = (among(delay, m)[german, Transport.DIRECT, 0] for m in (even, odd))
    assert slow > uneven + 0.5


def test_a_misplaced_landmark_is_outvoted(delay: Delay, atlas: Atlas) -> None:
    """One edge that says Sydney and answers in five milliseconds costs all countries alike."""
    row = atlas.country_row
    marks = landmarks((FRANKFURT, 12.0), (LONDON, 25.0), (WARSAW, 27.0))
    wrong = [*marks, *landmarks((Location(-33.87, 151.21), 5.0))]
    table = among(delay, wrong)[:, Transport.DIRECT, 0]
    assert table[row["DE"]] > table[row["AU"]] + 1
    assert table[row["DE"]] > table[row["ES"]] + 0.5


def test_an_application_round_trip_stands_in(delay: Delay, atlas: Atlas) -> None:
    """Without a kernel delay the application's crosses the whole path, in a proxy too."""
    american, german = atlas.country_row["US"], atlas.country_row["DE"]
    place = Location(40.71, -74.0)
    whole = among(delay, [Landmark(place=place, app_ms=170.0)], american)[german]
    ended = among(delay, [Landmark(place=place, kernel_ms=170.0)], american)[german]
    np.testing.assert_allclose(whole[Transport.PROXY, 1], whole[Transport.VPN, 1], rtol=1e-5)
    assert whole[Transport.PROXY, 1] > ended[Transport.PROXY, 1]
