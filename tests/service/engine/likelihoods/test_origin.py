import numpy as np
import pytest

from octet.service.atlas import Atlas
from octet.service.atlas.container import Array
from octet.service.engine.facts import Facts
from octet.service.engine.hypotheses import Environment, Transport, hypotheses
from octet.service.engine.likelihoods import Origin


@pytest.fixture(scope="module")
def origin(atlas: Atlas) -> Origin:
    return Origin.of(atlas, hypotheses(atlas))


def weigh(origin: Origin, atlas: Atlas, code: str, zone: str | None, tag: str | None) -> Array:
    """Return (C, S, E, K)."""
    tags = () if tag is None else (tag,)
    fact = Facts(source_ip="10.0.0.1", zone=zone, tags=tags, received_at_ms=0)
    named = np.array([[atlas.country_row[code], -1, -1]])
    return np.moveaxis(origin.evidence([fact], named).log_prob()[0], 3, 0)


def test_missing_settings_say_nothing(origin: Origin, atlas: Atlas) -> None:
    """No zone and no language: zeros in every environment."""
    np.testing.assert_allclose(weigh(origin, atlas, "FR", None, None), 0.0, atol=1e-12)


def test_each_environment_has_its_country(origin: Origin, atlas: Atlas) -> None:
    """German settings behind a French address are honest of Germans, forged to the exit of nobody,
    and a traveller's of the French.
    """
    table = weigh(origin, atlas, "FR", "Europe/Berlin", "de-DE")[:, Transport.VPN]
    german, french = atlas.country_row["DE"], atlas.country_row["FR"]
    assert table[german, Environment.HONEST, 0] > table[french, Environment.HONEST, 0] + 5
    assert table[french, Environment.TRAVELLER, 0] > table[french, Environment.HONEST, 0]
    assert table[german, Environment.HONEST, 1] > table[german, Environment.AT_EXIT, 1] + 3


def test_settings_of_the_exit_are_forged_or_local(origin: Origin, atlas: Atlas) -> None:
    """French settings behind a French address fit anybody who forged them."""
    table = weigh(origin, atlas, "FR", "Europe/Paris", "fr-FR")[:, Transport.VPN]
    german = atlas.country_row["DE"]
    assert table[german, Environment.AT_EXIT, 1] > table[german, Environment.HONEST, 1] + 3


def test_a_travellers_zone_and_language_share_one_home(origin: Origin, atlas: Atlas) -> None:
    """A Briton's zone and language are likelier of a traveller than a Briton's and a Turk's."""
    french = atlas.country_row["FR"]
    rows = [
        weigh(origin, atlas, "FR", "Europe/London", tag)[
            french, Transport.DIRECT, Environment.TRAVELLER, 0
        ]
        for tag in ("en-GB", "tr-TR")
    ]
    assert rows[0] > rows[1] + 1


def test_a_roamers_language_is_the_sims(origin: Origin, atlas: Atlas) -> None:
    """In France with a British SIM, English is expected and French is not."""
    french = atlas.country_row["FR"]
    english, local = (
        weigh(origin, atlas, "GB", "Europe/Paris", tag)[
            french, Transport.ROAMING, Environment.HONEST, 1
        ]
        for tag in ("en-GB", "fr-FR")
    )
    assert english > local + 1
