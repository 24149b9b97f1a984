"""Which machines are told from others, and which are not."""

import pytest

from octet.service.device import device_facts, singles_out
from octet.service.device.rarity import NEEDED_BITS, bits
from tests.service.device.machines import COMMON, RARE, signals


def test_rare() -> None:
    """A workstation of which there are few is told from all others."""
    facts = device_facts(signals(RARE))
    assert facts is not None
    assert singles_out(facts)
    assert bits(facts) > NEEDED_BITS > 13.3


@pytest.mark.parametrize("name", COMMON)
def test_common(name: str) -> None:
    """What looks like many others is not told from them."""
    facts = device_facts(signals(COMMON[name]))
    assert facts is None or not singles_out(facts)


def test_no_fact_does_it_alone() -> None:
    """One rare fact on an ordinary machine is not enough."""
    for name, value in {
        "screen": RARE["screen"],
        "webgl": RARE["webgl"],
        "hardware": {"value": {"platform": "Win32", "cores": 48}},
    }.items():
        facts = device_facts(signals(COMMON["office"] | {name: value}))
        assert facts is not None
        assert not singles_out(facts)
