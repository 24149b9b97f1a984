import pytest

from octet.service.atlas.as_types import AsType, as_type


@pytest.mark.parametrize(
    ("number", "name", "addresses", "kind"),
    [
        (64500, "Deutsche Telekom AG", 10**7, AsType.ACCESS),
        (64500, "Comcast Cable Communications, LLC", 10**7, AsType.ACCESS),
        (64500, "Stadtwerke Irgendwo GmbH", 10**6, AsType.ACCESS),
        (64500, "Stadtwerke Irgendwo GmbH", 10**3, AsType.OTHER),
        (64500, "T-Mobile Austria GmbH", 10**6, AsType.MOBILE),
        (64500, "China Mobile", 10**7, AsType.MOBILE),
        (64500, "Hetzner Online GmbH", 10**6, AsType.HOSTING),
        (64500, "Example VPS Hosting", 256, AsType.HOSTING),
        (64500, "Amazon.com, Inc.", 10**8, AsType.HOSTING),
        (64500, "ViaSat,Inc.", 10**5, AsType.SATELLITE),
        (64500, "Cloudflare London, LLC", 10**4, AsType.RELAY),
        (64500, "University of California, San Diego", 10**7, AsType.OTHER),
        (64500, "Exxon Mobil Corporation", 10**6, AsType.OTHER),
        (9009, "M247 Europe SRL", 10**6, AsType.HOSTING),
        (12322, "Free SAS", 10**7, AsType.ACCESS),
        (36183, "Akamai Technologies, Inc.", 10**5, AsType.RELAY),
        (64500, "", 0, AsType.OTHER),
    ],
)
def test_the_rule(number: int, name: str, addresses: int, kind: AsType) -> None:
    """Names decide, numbers override names, size decides the rest."""
    assert as_type(number, name, addresses) is kind
