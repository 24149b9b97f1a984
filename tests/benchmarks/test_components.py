"""The engine's parts on real data: what is read, what is counted, and how far it may be trusted."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy import results
from benchmarks.accuracy.components import delays, gap, matrices, stacks, votes
from benchmarks.accuracy.components.matrices import Matrix
from benchmarks.accuracy.components.measure import measure
from benchmarks.accuracy.components.shares import of_pairs, quantile, share
from benchmarks.accuracy.exits import Exit, Known
from benchmarks.accuracy.page import components as page
from benchmarks.accuracy.page.kept import Kept
from benchmarks.accuracy.results import Result
from octet.service.atlas import Atlas
from octet.service.atlas.delay import base_delay_ms
from octet.service.config import DEFAULT_ATLAS

ENVIRONMENT = {"at": "2026-01-01", "seed": 1, "atlas": "2026", "quick": True}
CITIES = {
    "Frankfurt": ("DE", 50.11, 8.68),
    "Paris": ("FR", 48.86, 2.35),
    "Madrid": ("ES", 40.42, -3.70),
    "Tokyo": ("JP", 35.68, 139.69),
    "Sydney": ("AU", -33.87, 151.21),
    "Lima": ("PE", -12.05, -77.04),
}


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    return Atlas.load(DEFAULT_ATLAS)


@pytest.fixture(scope="module")
def rows() -> dict[str, dict[str, str | None]]:
    found = stacks.measure()
    assert found is not None
    return {row["name"]: row for row in found["rows"]}


@pytest.mark.parametrize(
    ("name", "engine"),
    [
        ("chromium, HTTP/1.1", "blink"),
        ("chromium, HTTP/2", "blink"),
        ("firefox, HTTP/1.1", "gecko"),
        ("firefox, HTTP/2", "gecko"),
    ],
)
def test_real_browsers_are_recognised(
    rows: dict[str, dict[str, str | None]], name: str, engine: str
) -> None:
    """Every layer that real browsers showed an edge is their engine's, or no opinion."""
    row = rows[name]
    assert row["claimed"] == row["tls"] == engine
    assert row["headers"] in {None, engine}
    assert row["h2"] == (engine if name.endswith("HTTP/2") else None)
    assert row["system"] == row["claimedSystem"] == "linux"


@pytest.mark.parametrize(
    "name", ["curl, HTTP/1.1", "curl, HTTP/2", "nginx's upstream", "haproxy's upstream"]
)
def test_other_programs_are_no_browsers(rows: dict[str, dict[str, str | None]], name: str) -> None:
    """Nothing that curl and proxies' own connections showed is taken for a browser's."""
    row = rows[name]
    assert row["tls"] == "other"
    assert row["headers"] is None
    assert row["h2"] in {None, "other"}
    assert row["system"] == "linux"


def test_groups_widen_intervals() -> None:
    """Members of a group resemble each other, so an interval over groups is the wider one."""
    rng = np.random.default_rng(1)
    hits = np.repeat([True, False], 50)
    alone = share(hits, np.arange(100), rng)
    grouped = share(hits, np.repeat(np.arange(10), 10), rng)
    assert alone["value"] == grouped["value"] == 0.5
    assert grouped["high"] - grouped["low"] > 1.5 * (alone["high"] - alone["low"])
    never = share(np.zeros(100), np.repeat(np.arange(10), 10), rng)
    assert never["high"] == pytest.approx(1 - 0.025 ** (1 / 10))


def test_pairs_are_drawn_by_their_nodes() -> None:
    """One node whose pairs all differ from the rest makes the share of pairs uncertain."""
    rng = np.random.default_rng(1)
    chosen = ~np.eye(10, dtype=bool)
    odd = np.zeros((10, 10))
    odd[3] = odd[:, 3] = 1.0

    def odds(weights: np.ndarray) -> float:
        return float((odd * weights).sum() / weights.sum())

    found = of_pairs(odds, chosen, rng)
    assert found["value"] == pytest.approx(0.2)
    assert found["low"] == 0.0
    assert found["high"] > 0.35


def test_weighted_quantile() -> None:
    """What weighs nothing does not count."""
    values, weights = np.array([1.0, 2.0, 3.0, 100.0]), np.array([1.0, 1.0, 1.0, 0.0])
    assert quantile(values, weights, 0.5) == 2.0
    assert quantile(values, weights, 1.0) == 3.0


def test_pings_are_read(atlas: Atlas, tmp_path: Path) -> None:
    """Servers of suspect location are left out, a pair that nobody measured is no number."""
    assert matrices.wondernetwork(tmp_path, atlas) is None
    (tmp_path / "wondernetwork_2018_nodes.csv").write_text(
        "node,country_iso2,lat,lon,location_suspect\n"
        "Lima,PE,-12.05,-77.04,0\nParis,FR,48.86,2.35,0\nNowhere,FR,48.86,2.35,1\n",
        encoding="utf-8",
    )
    with gzip.open(tmp_path / "wondernetwork_2018_pings.csv.gz", "wt", encoding="utf-8") as file:
        file.write("src,dst,min_ms\nLima,Paris,170.5\nParis,Nowhere,1.0\n")
    found = matrices.wondernetwork(tmp_path, atlas)
    assert found is not None
    assert found.names == ("Lima", "Paris")
    assert [atlas.countries[row] for row in found.country] == ["PE", "FR"]
    assert found.measured.tolist() == [[False, True], [False, False]]
    assert found.rtt_ms[0, 1] == 170.5


def test_regions_lie_in_countries(atlas: Atlas, tmp_path: Path) -> None:
    """A region belongs to the country around it, though a foreign town is nearer."""
    assert matrices.azure(tmp_path, atlas) is None
    places = {"a": (47.233, -119.852, "West US 2"), "b": (52.37, 4.9, "West Europe")}
    (tmp_path / "azure_region_coordinates.json").write_text(
        json.dumps(
            {k: {"lat": a, "lon": o, "displayName": name} for k, (a, o, name) in places.items()}
        ),
        encoding="utf-8",
    )
    (tmp_path / "azure_interregion_median_rtt_ms.csv").write_text(
        "Source,West US 2,West Europe\nWest US 2,,140\nWest Europe,141,\n", encoding="utf-8"
    )
    found = matrices.azure(tmp_path, atlas)
    assert found is not None
    assert [atlas.countries[row] for row in found.country] == ["US", "NL"]
    assert found.rtt_ms[1, 0] == 141.0
    assert not found.measured[0, 0]


def world(atlas: Atlas, *, times: float = 1.0) -> Matrix:
    """Return servers in cities, as far apart in time as the base delay says, or *times* that."""
    lat, lon = (np.array([city[at] for city in CITIES.values()]) for at in (1, 2))
    country = np.array([atlas.country_row[city[0]] for city in CITIES.values()])
    plain = Matrix(tuple(CITIES), country, lat, lon, np.zeros((len(CITIES), len(CITIES))))
    rtt_ms = times * (base_delay_ms(plain.away_km) + 3.0)
    return Matrix(plain.names, country, lat, lon, rtt_ms)


def test_possible_delays_rule_out_no_truth(atlas: Atlas) -> None:
    """Light rules out other continents and never where a server is; more edges rule out more."""
    found = delays.measure(atlas, world(atlas), 3, np.random.default_rng(1))
    one, three = (found["byLandmarks"][count] for count in ("1", "3"))
    for told in (one, three):
        assert told["light"]["true"]["value"] == 0.0
        assert told["holdsTruth"]["value"] == 1.0
    assert three["light"]["false"]["value"] > one["light"]["false"]["value"] > 0.0
    assert found["speeds"][0]["pairs"]["value"] == 0.0
    assert found["residuals"]["spread"] < 0.3


def test_impossible_delays_rule_out_the_truth(atlas: Atlas) -> None:
    """Servers that answer faster than light are not where they say."""
    found = delays.measure(atlas, world(atlas, times=0.3), 2, np.random.default_rng(1))
    assert found["byLandmarks"]["3"]["light"]["true"]["value"] > 0.5
    assert found["speeds"][0]["pairs"]["value"] > 0.5


def test_thresholds_know_how_little_is_known() -> None:
    """Of too few visits the largest Δ stands in, and what it lets through is a bound."""
    noise_ms = np.arange(1.0, 341.0)
    found = gap.thresholds_ms(noise_ms)
    assert found["0.01"]["falseAlarms"] <= 0.01
    assert found["0.001"]["ms"] == 340.0
    assert found["0.001"]["falseAlarms"] == 0.0
    assert found["0.001"]["bound"] == pytest.approx(0.0108, abs=1e-4)
    assert gap.upper_bound(3, 340) == pytest.approx(0.0256, abs=2e-4)
    many = gap.thresholds_ms(np.arange(100_000.0))
    assert many["0.001"]["falseAlarms"] == pytest.approx(0.001, rel=0.05)


def test_gaps_of_far_proxies_are_found(atlas: Atlas) -> None:
    """Cities far apart are found behind each other, by measured noise, in every pair."""
    noise_ms = np.random.default_rng(1).uniform(0.3, 4.0, 340)
    found = gap.measure(atlas, world(atlas), noise_ms, np.random.default_rng(1))
    abroad = found["groups"]["cross-border"]
    assert abroad["detection"]["0.01"]["detected"]["value"] == 1.0
    assert abroad["medianMs"]["value"] > 50.0
    assert abroad["curve"][-1] == 1.0
    nats = [row["nats"] for row in found["engine"]]
    assert nats[0] < -3.0
    assert nats[-1] > 3.0


def test_votes_are_counted(atlas: Atlas) -> None:
    """A real host's address counts for its country, and the same that only pretends against it."""
    german, pretending = "88.198.1.10", "88.198.1.11"
    known = Known((Exit(german, "DE", "DE"), Exit(pretending, "FR", "DE")), frozenset({24940}))
    found = votes.measure(atlas, known, np.random.default_rng(1))
    told = {(row["who"], row["exits"]): row for row in found["rows"]}
    assert told["most databases", "where they say"]["host"]["value"] == 1.0
    assert told["most databases", "only pretending"]["host"]["value"] == 0.0
    assert told["most databases", "only pretending"]["advertised"]["value"] == 1.0
    assert found["types"]["hosting"]["value"] == 1.0
    assert found["onLists"]["value"] == 1.0
    assert found["lists"]["recall"]["value"] == 1.0


def test_absent_data_are_said_to_be_absent(atlas: Atlas, tmp_path: Path) -> None:
    """Without the files only the project's own captures are measured, and the page says so."""
    numbers = measure(atlas, tmp_path, draws=1, seed=1)
    results.write(Result(ENVIRONMENT, numbers), tmp_path / "accuracy-components.json")
    text = page.section(Kept(tmp_path, tmp_path / "accuracy.md"))
    assert text.count("The data are not there") == 3
    assert "| chromium, HTTP/2 | blink | blink | blink |" in text
    assert "**All ran on one Linux**" in text
