"""What stays of a report, whatever an update or a journey changes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octet.schema import Report, Signals
from octet.service.device import device_facts
from tests.schema.strategies import values
from tests.service.device.machines import (
    CHROME,
    LINUX,
    RARE,
    WINDOWS,
    angle,
    machine,
    signals,
    windows,
)

STABLE = ("userAgent", "hardware", "screen", "webgl")


def test_facts() -> None:
    """A workstation is told by system, browser, graphics, processors and screen."""
    facts = device_facts(signals(RARE))
    assert facts is not None
    assert (facts.system, facts.browser) == ("linux", "chrome")
    assert (facts.graphics, facts.cores, facts.screen) == ("nvidia rtx a5000", 48, (1440, 5120))


@pytest.mark.parametrize(
    ("renderers", "graphics"),
    [
        (
            (
                windows("NVIDIA GeForce RTX 3080"),
                windows("NVIDIA GeForce RTX 3080 (0x00002206)"),
                angle(
                    "NVIDIA",
                    "NVIDIA GeForce RTX 3080 Direct3D11 vs_5_0 ps_5_0",
                    "D3D11-31.0.15.3623",
                ),
                angle("NVIDIA", "NVIDIA GeForce RTX 3080/PCIe/SSE2", "OpenGL 4.5.0"),
                angle("NVIDIA", "Vulkan 1.3.277 (NVIDIA GeForce RTX 3080 (0x00002206))", "NVIDIA"),
                "NVIDIA GeForce RTX 3080/PCIe/SSE2",
            ),
            "nvidia geforce rtx 3080",
        ),
        (
            (
                angle("Intel", "Mesa Intel(R) UHD Graphics 620 (KBL GT2)", "OpenGL 4.6"),
                angle("Intel", "Mesa Intel(R) UHD Graphics 620 (WHL GT2)", "OpenGL ES 3.2"),
                windows("Intel(R) UHD Graphics 620 (0x00005917)", "Intel"),
            ),
            "intel uhd graphics 620",
        ),
        (
            (
                angle(
                    "AMD", "AMD Radeon RX 6900 XT (radeonsi, navi21, LLVM 15.0.7, DRM 3.49)", "x"
                ),
                angle("AMD", "AMD Radeon RX 6900 XT (radeonsi, navi21, ACO, DRM 3.57)", "OpenGL 4"),
                windows("AMD Radeon RX 6900 XT (0x000073BF)", "AMD"),
            ),
            "amd radeon rx 6900 xt",
        ),
        (
            (
                angle("Apple", "ANGLE Metal Renderer: Apple M2 Max", "Unspecified Version"),
                angle("Apple", "Apple M2 Max", "OpenGL 4.1 Metal - 83"),
            ),
            "apple m2 max",
        ),
    ],
)
def test_graphics(renderers: tuple[str, ...], graphics: str) -> None:
    """A card is the same by every driver and interface that a browser may come to use."""
    for renderer in renderers:
        raw = machine(CHROME.format(WINDOWS, 156), "Win32", renderer, 8, 1920, 1080)
        facts = device_facts(signals(raw))
        assert facts is not None
        assert facts.graphics == graphics


@pytest.mark.parametrize(
    ("tail", "browser"),
    [
        ("", "chrome"),
        (" Edg/156.0.0.0", "edge"),
        (" OPR/120.0.0.0", "opera"),
        (" Vivaldi/7.1", "vivaldi"),
    ],
)
def test_browsers(tail: str, browser: str) -> None:
    """Browsers on one machine are told apart, however much they say to be another."""
    agent = {"userAgent": {"value": {"ua": CHROME.format(LINUX, 156) + tail}}}
    facts = device_facts(signals(RARE | agent))
    assert facts is not None
    assert facts.browser == browser


@pytest.mark.parametrize("name", STABLE)
def test_all_are_needed(name: str) -> None:
    """Without one of them there are no facts, rather than others."""
    assert device_facts(signals(RARE | {name: {"missing": "timeout"}})) is None
    assert device_facts(signals({key: RARE[key] for key in RARE if key != name})) is None


@given(order=st.permutations(sorted(RARE)), dropped=st.sets(st.sampled_from(sorted(RARE))))
def test_order_and_volatile_signals(order: list[str], dropped: set[str]) -> None:
    """Neither the order of signals nor the lack of one that may come and go changes the facts."""
    kept = {name: RARE[name] for name in order if name in STABLE or name not in dropped}
    assert device_facts(signals(kept)) == device_facts(signals(RARE))


@given(
    version=st.integers(100, 999),
    changes=st.fixed_dictionaries(
        {},
        optional={
            "timeZone": st.sampled_from(["Asia/Tokyo", "America/Lima"]).map(lambda z: {"name": z}),
            "languages": st.lists(st.sampled_from(["en", "de-DE"])).map(
                lambda tags: {"list": tags}
            ),
            "voices": st.just({"langs": []}),
            "connection": st.just({"rttMs": 900}),
        },
    ),
    ratio=st.sampled_from([0.9, 1, 1.25, 2]),
    depth=st.sampled_from([24, 30]),
)
def test_updates_and_journeys(
    version: int, changes: dict[str, Any], ratio: float, depth: int
) -> None:
    """A new version, another country, a zoomed page: the same machine."""
    raw = RARE | {name: {"value": value} for name, value in changes.items()}
    screen = RARE["screen"]["value"] | {"pixelRatio": ratio, "colorDepth": depth}
    raw["userAgent"] = {"value": {"ua": CHROME.format(LINUX, version)}}
    raw["screen"] = {"value": screen | {"availHeight": 1000}}
    assert device_facts(signals(raw)) == device_facts(signals(RARE))


def test_a_turned_screen() -> None:
    """A screen that is turned is the same screen."""
    screen = RARE["screen"]["value"] | {"width": 1440, "height": 5120}
    turned = RARE | {"screen": {"value": screen}}
    assert device_facts(signals(turned)) == device_facts(signals(RARE))


@given(report=values(Report))
def test_whatever_is_sent(report: Report) -> None:
    """No report fails, and facts are short, whatever their texts hold."""
    facts = device_facts(report.signals)
    assert facts is None or len(facts.graphics) < 600


def test_nothing() -> None:
    """Of no signals there are no facts."""
    assert device_facts(Signals()) is None
