"""Simulated visitors for a sanity check of the alarm: drawn from the atlas, so it is no benchmark.

The accuracy benchmark draws from other data than the engine's own tables; this only catches an
engine that cries wolf.
"""

from collections.abc import Iterator

import numpy as np

from octet.schema import Envelope
from octet.service.atlas import Atlas
from octet.service.atlas.as_types import AsType
from octet.service.atlas.container import Array
from octet.service.engine.hypotheses import hypotheses
from tests.service.engine.sessions import session


class Crowd:
    """Draws visitors; the generator is passed in."""

    def __init__(self, atlas: Atlas, rng: np.random.Generator) -> None:
        self._atlas, self._rng = atlas, rng
        self._hypotheses = hypotheses(atlas)
        table = atlas.addresses.v4
        self._spans = np.diff(table.first.astype(np.float64), append=2.0**32)
        self._votes = np.asarray(table.country[:, -1])
        kind = np.append(atlas.addresses.as_type, AsType.OTHER)[table.system]
        self._home = (kind == AsType.ACCESS) | (kind == AsType.MOBILE)

    def honest(self, count: int) -> Iterator[Envelope]:
        """Yield people at home."""
        for country in self._rng.choice(len(self._atlas.countries), count, p=self._weights):
            yield self._session(country, country)

    def travellers(self, count: int) -> Iterator[Envelope]:
        """Yield people abroad, on local networks, whose machines still speak of home."""
        for country in self._rng.choice(len(self._atlas.countries), count, p=self._weights):
            travel = self._hypotheses.travel[country]
            yield self._session(country, int(self._rng.choice(len(travel), p=travel)))

    @property
    def _weights(self) -> Array:
        """Countries that have any addresses of homes, by their prior."""
        known = np.unique(self._votes[self._home & (self._votes < len(self._atlas.countries))])
        weights = np.zeros(len(self._atlas.countries))
        weights[known] = self._hypotheses.country[known]
        return np.asarray(weights / weights.sum())

    def _session(self, here: int, settings: int) -> Envelope:
        atlas, rng = self._atlas, self._rng
        zone = atlas.zone_share[settings].astype(np.float64)
        language = atlas.language_share[settings].astype(np.float64)
        tag = atlas.languages[int(rng.choice(len(language), p=language / language.sum()))]
        return session(
            self._address(here),
            zone=atlas.zones[int(rng.choice(len(zone), p=zone / zone.sum()))],
            languages=[f"{tag.replace('_', '-')}-{atlas.countries[settings]}"],
            edge=None,
            kernel_ms=float(rng.uniform(5, 200)),
            delta_ms=float(rng.lognormal(np.log(2.0), 0.5)),
        )

    def _address(self, country: int) -> str:
        rows = np.flatnonzero(self._home & (self._votes == country))
        span = self._spans[rows]
        row = int(self._rng.choice(rows, p=span / span.sum()))
        first = int(self._atlas.addresses.v4.first[row])
        number = first + int(self._rng.integers(int(self._spans[row])))
        return ".".join(str(byte) for byte in number.to_bytes(4, "big"))
