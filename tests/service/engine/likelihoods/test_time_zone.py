import attrs
import numpy as np
import pytest

from octet.service.atlas import Atlas
from octet.service.engine.facts import Facts
from octet.service.engine.hypotheses import Environment, hypotheses
from octet.service.engine.likelihoods.time_zone import TimeZones


@pytest.fixture(scope="module")
def zones(atlas: Atlas) -> TimeZones:
    return TimeZones.of(atlas, hypotheses(atlas).country)


def fact(zone: str | None, offsets: tuple[int, int] | None = None) -> Facts:
    return Facts(source_ip="10.0.0.1", zone=zone, offsets_min=offsets, received_at_ms=0)


@pytest.mark.parametrize(
    ("zone", "offsets", "code"),
    [
        ("Europe/Berlin", None, "DE"),
        ("Asia/Calcutta", None, "IN"),
        ("Nowhere/At_All", (330, 330), "IN"),
        (None, (345, 345), "NP"),
        ("Etc/GMT-9", (540, 540), "JP"),
    ],
)
def test_zones_name_their_country(
    zones: TimeZones, atlas: Atlas, zone: str | None, offsets: tuple[int, int] | None, code: str
) -> None:
    """People of the country have the zone, or else the offsets."""
    row = zones.by_country([fact(zone, offsets)])[0]
    assert row[atlas.country_row[code]] > 0.9


@pytest.mark.parametrize(
    ("zone", "offsets"),
    [(None, None), ("UTC", None), ("UTC", (0, 0)), ("Atlantic/Reykjavik", (0, 0)), (None, (7, 9))],
)
def test_no_information(
    zones: TimeZones, zone: str | None, offsets: tuple[int, int] | None
) -> None:
    """UTC and its kin, and offsets of no zone, are the same for every country."""
    assert (zones.by_country([fact(zone, offsets)]) == 1.0).all()


def test_no_country_is_ruled_out(zones: TimeZones) -> None:
    """Tables may be wrong."""
    assert zones.by_country([fact("Europe/Berlin")]).min() > 0


def test_a_contradiction_speaks_for_changed_settings(zones: TimeZones) -> None:
    """Offsets that are not the zone's favour a spoofed environment; missing ones nothing."""
    wrong, right, missing = zones.consistency(
        [fact("Europe/Berlin", (-300, -240)), fact("Europe/Berlin", (60, 120)), fact("UTC", (0, 0))]
    )
    assert wrong[Environment.AT_EXIT] > wrong[Environment.HONEST] + 2
    assert right[Environment.AT_EXIT] < right[Environment.HONEST]
    np.testing.assert_array_equal(missing, 0.0)


@pytest.mark.parametrize(
    ("ahead_ms", "moved"),
    [
        (None, False),
        (0.0, False),
        (90_000.0, False),
        (3_600_000.0, True),
        (-19_800_000.0 + 60_000.0, True),
        (3_600_000.0 + 600_000.0, False),
        (-1.79e12, False),
        (30 * 3_600_000.0, False),
    ],
)
def test_hands_that_were_moved(
    zones: TimeZones, atlas: Atlas, ahead_ms: float | None, moved: bool
) -> None:
    """A clock whole half hours off makes the zone doubtful; any other error of it does not."""
    plain = fact("Europe/Berlin")
    skewed = attrs.evolve(plain, clock_ahead_ms=ahead_ms)
    one, other = zones.by_country([plain, skewed])
    british = atlas.country_row["GB"]
    assert bool(other[british] > 0.5) is moved
    if not moved:
        np.testing.assert_array_equal(one, other)
