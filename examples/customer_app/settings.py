"""What the app must be told."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from attrs import field, frozen

VERDICT_WAIT_S: Final = 8.0
"""How long a visitor's page may wait for the verdict, seconds."""


@frozen
class Visit:
    """One page of the app, and the edge that observes its visitors."""

    name: str
    """In the page's address: ``/visit/<name>``."""
    title: str
    blurb: str
    """One sentence on what makes this visit special."""
    edge_url: str
    """Base URL of the edge, as the browser reaches it: ``https://yourapp.com/octet``."""


def _by_name(visits: Iterable[Visit] | Mapping[str, Visit]) -> Mapping[str, Visit]:
    items = visits.values() if isinstance(visits, Mapping) else visits
    return {visit.name: visit for visit in items}


@frozen(kw_only=True)
class Settings:
    """Of the whole app."""

    octet_url: str
    """Base URL of the Octet service, as this backend reaches it."""
    partner_key: str = field(repr=False)
    """``octet_live_…`` or ``octet_test_…``: a secret of the backend, never sent to a page."""
    visits: Mapping[str, Visit] = field(converter=_by_name)
    """Name to visit; a plain list of visits does as well."""
    shapes_file: Path
    """TopoJSON of the countries: ``node_modules/world-atlas/countries-50m.json``."""
    verdict_wait_s: float = VERDICT_WAIT_S
