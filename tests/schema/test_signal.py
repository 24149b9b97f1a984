import pytest

from octet.schema import NOT_SENT, Clock, Missing, MissingReason, Present, Signals, TimeZone
from octet.schema.signal import wire_name


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("v", "v"),
        ("h2", "h2"),
        ("session_ref", "sessionRef"),
        ("rtt_var_us", "rttVarUs"),
        ("confidence_radius_km", "confidenceRadiusKm"),
        ("TimeZone", "timeZone"),
        ("Webgl", "webgl"),
    ],
)
def test_wire_names_are_camel_case(name: str, wire: str) -> None:
    """Fields and classes have one spelling in Python and one on the wire."""
    assert wire_name(name) == wire


def test_a_signal_is_its_value_or_the_reason_for_its_absence() -> None:
    """`Signals.get` never answers None: there is a value, or a `Missing` that says why not."""
    blocked = Missing(MissingReason.BLOCKED)
    signals = Signals({"timeZone": Present(TimeZone("Europe/Berlin")), "clock": blocked})
    assert signals.get(TimeZone) == TimeZone("Europe/Berlin")
    assert signals.get(Clock) == blocked
    assert Signals().get(Clock) == NOT_SENT
    assert list(signals) == ["timeZone", "clock"]
