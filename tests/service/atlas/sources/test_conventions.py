from octet.service.atlas.sources.conventions import load_conventions

SUPPLEMENTAL = {
    "timeData": {
        "001": {"_preferred": "H"},
        "US": {"_preferred": "h"},
        "IN": {"_preferred": "hB"},
        "DE": {"_preferred": "H"},
    },
    "calendarPreferenceData": {
        "001": ["gregorian"],
        "TH": ["buddhist", "gregorian"],
        "US": ["gregorian"],
    },
}


def test_first_choices() -> None:
    """Countries that CLDR does not list do as the world does."""
    found = load_conventions(["DE", "IN", "TH", "US", "ZZ"], SUPPLEMENTAL)
    assert found.hour_cycle == {"DE": "h23", "IN": "h12", "TH": "h23", "US": "h12", "ZZ": "h23"}
    assert found.calendar == {"TH": "buddhist"}
