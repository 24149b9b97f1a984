"""Every signal of the collector against a browser that is known to be so, in each browser.

One table of cases. All visits of one browser run beside each other against one edge; each report is
read by the strict converter, and compared as the page wrote it.
"""

from collections.abc import Mapping
from typing import Any

import pytest
import trio
from attrs import frozen

from benchmarks.browsers import Screen
from octet.schema import SIGNAL_TYPES, Envelope, Latency, Missing, structure
from tests.edge.fakes import FakeService
from tests.system.conftest import Visitor

AT_ONCE = 4
"""Visits that share the two cores of a small machine."""

Signal = Mapping[str, Any]


def missing(reason: str) -> Signal:
    return {"missing": reason}


def value(**members: Any) -> Signal:
    return {"value": members}


def defined(interface: str, member: str, script: str) -> str:
    """Return a script that lets *member* of an *interface* be what *script* says."""
    return (
        f"Object.defineProperty({interface}.prototype, '{member}', "
        f"{{configurable: true, get: () => ({script})}});"
    )


@frozen(kw_only=True)
class Case:
    """A browser that is so, and what its page must tell."""

    name: str
    expected: Mapping[str, Signal]
    """By signal; of a value the members named."""
    traits: Mapping[str, Any] = {}
    """Members of `Visit`, in both browsers."""
    chromium: Mapping[str, Any] = {}
    """Likewise, in Chromium alone; so the next."""
    firefox: Mapping[str, Any] = {}
    config: Mapping[str, Any] = {}
    only: str = ""
    """The one browser that can be so."""

    @property
    def ref(self) -> str:
        """The session's reference, which tells the cases' envelopes apart."""
        return f"sess_case_{self.name}"


DRESSED: Mapping[str, Any] = {
    "intl.accept_languages": "de-DE,de,en",
    "dom.maxtouchpoints.testing.value": 5,
    "dom.maxHardwareConcurrency": 1,
    "webgl.disabled": True,
}
"""What Firefox takes for all its pages only."""

THREE_D_OFF = ("--disable-3d-apis",)

CASES = (
    Case(
        name="berlin",
        traits={"time_zone": "Europe/Berlin", "languages": ("de-DE",)},
        expected={
            "timeZone": value(name="Europe/Berlin"),
            "utcOffset": value(janMin=60, julMin=120),
            "languages": value(list=["de-DE"]),
            "intl": value(
                locale="de-DE", calendar="gregory", numberingSystem="latn", hourCycle="h23"
            ),
            "navigation": value(protocol="http/1.1"),
        },
    ),
    Case(
        name="sydney",
        traits={"time_zone": "Australia/Sydney", "languages": ("en-AU",)},
        expected={
            "timeZone": value(name="Australia/Sydney"),
            "utcOffset": value(janMin=660, julMin=600),
            "intl": value(locale="en-AU", hourCycle="h12"),
        },
    ),
    Case(
        name="kathmandu",
        traits={"time_zone": "Asia/Kathmandu", "languages": ("ar-EG",)},
        expected={
            "utcOffset": value(nowMin=345, janMin=345, julMin=345),
            "intl": value(locale="ar-EG", numberingSystem="arab"),
        },
    ),
    Case(
        name="bangkok",
        traits={"time_zone": "America/St_Johns", "languages": ("th-TH",)},
        expected={
            "utcOffset": value(janMin=-210, julMin=-150),
            "intl": value(locale="th-TH", calendar="buddhist"),
        },
    ),
    Case(
        name="languages",
        traits={"languages": ("de-DE", "de", "en")},
        firefox={"prefs": DRESSED},
        expected={"languages": value(list=["de-DE", "de", "en"])},
    ),
    Case(
        name="phone",
        traits={"screen": Screen(width=390, height=844, pixel_ratio=3)},
        chromium={"touch_points": 5},
        firefox={"prefs": DRESSED},
        expected={
            "screen": value(
                width=390, height=844, availWidth=390, availHeight=844, colorDepth=24, pixelRatio=3
            ),
            "hardware": value(touchPoints=5),
        },
    ),
    Case(
        name="one_core",
        chromium={"cores": 1},
        firefox={"prefs": DRESSED},
        expected={"hardware": value(cores=1)},
    ),
    Case(
        name="memory",
        traits={"preload": defined("Navigator", "deviceMemory", "4")},
        expected={"hardware": value(memoryGb=4)},
    ),
    Case(
        name="connection",
        traits={
            "preload": defined(
                "Navigator", "connection", "{effectiveType: '3g', rtt: 300, downlink: 1.5}"
            )
        },
        expected={"connection": value(effectiveType="3g", rttMs=300, downlinkMbps=1.5)},
    ),
    Case(
        name="voices",
        traits={
            "preload": "speechSynthesis.getVoices = () => [{lang: 'de_DE', localService: true},"
            "{lang: 'fr-FR', localService: false}]"
        },
        expected={"voices": value(langs=["de-DE"])},
    ),
    Case(
        name="hinting",
        only="chromium",
        expected={
            "userAgent": value(mobile=False, platform="Linux", platformVersion="6.1.0"),
            "webgl": value(vendor="Google Inc. (Google)"),
        },
    ),
    Case(
        name="not_hinting",
        only="firefox",
        expected={"connection": missing("unsupported"), "webgl": missing("blocked")},
    ),
    Case(
        name="webgl_off",
        chromium={"args": THREE_D_OFF},
        firefox={"prefs": DRESSED},
        expected={"webgl": missing("blocked")},
    ),
    Case(
        name="webgl_none",
        traits={"preload": "delete globalThis.WebGLRenderingContext"},
        expected={"webgl": missing("unsupported")},
    ),
    Case(
        name="no_websocket",
        traits={"preload": "delete globalThis.WebSocket"},
        expected={"latency": missing("unsupported")},
    ),
    Case(
        name="no_speech",
        traits={"preload": "delete globalThis.speechSynthesis"},
        expected={"voices": missing("unsupported")},
    ),
    Case(
        name="throwing",
        traits={
            "preload": defined("Navigator", "languages", "[].at.at()")
            + defined("Navigator", "hardwareConcurrency", "NaN")
            + "Date.prototype.getTimezoneOffset = () => NaN;"
            + "screen.__proto__.__defineGetter__('width', () => '1920');"
            + "performance.getEntriesByType = () => { throw new DOMException('', 'SecurityError') }"
        },
        expected={
            "languages": missing("error"),
            "utcOffset": missing("error"),
            "navigation": missing("blocked"),
            "screen": value(width=1920),
        },
    ),
    Case(
        name="lite",
        config={"mode": "lite"},
        expected={"webgl": missing("skipped")},
    ),
    Case(
        name="passive",
        config={"mode": "passive"},
        expected={"latency": missing("skipped")},
    ),
    Case(
        name="resisting",
        only="firefox",
        firefox={"prefs": {"privacy.resistFingerprinting": True}},
        expected={
            "timeZone": value(name="Atlantic/Reykjavik"),
            "utcOffset": value(nowMin=0, janMin=0, julMin=0),
            "languages": value(list=["en-US", "en"]),
        },
    ),
    Case(
        name="not_private",
        traits={"shared": True},
        expected={"clock": value(), "latency": value(), "userAgent": value()},
    ),
)


@pytest.fixture
def cases(browser: str) -> Mapping[str, Case]:
    """Those that *browser* can be, by reference."""
    return {case.ref: case for case in CASES if case.only in {"", browser}}


@pytest.fixture
async def envelopes(
    cases: Mapping[str, Case], visitor: Visitor, service: FakeService
) -> Mapping[str, Any]:
    """What the service got of each case, by reference."""
    limit = trio.CapacityLimiter(AT_ONCE)

    async def visit(case: Case) -> None:
        async with limit:
            more = getattr(case, visitor.browser)
            await visitor.accepted({"sessionRef": case.ref, **case.config}, **case.traits | more)

    async with trio.open_nursery() as nursery:
        for case in cases.values():
            nursery.start_soon(visit, case)
    return {envelope["sessionRef"]: envelope for envelope in service.envelopes}


async def test_signals(cases: Mapping[str, Case], envelopes: Mapping[str, Any]) -> None:
    """Every signal is what the browser is known to be, in a report that the strict converter takes.

    All of these visits serve one test, since the visits are what takes the time.
    """
    assert set(envelopes) == set(cases)
    told = {ref: _told(envelopes[ref]["report"]["signals"], cases[ref]) for ref in cases}
    assert told == {ref: case.expected for ref, case in cases.items()}
    for ref, raw in envelopes.items():
        assert set(structure(Envelope, raw).report.signals) == set(SIGNAL_TYPES), ref
    for mode, volleys in (("berlin", [24]), ("lite", [8]), ("passive", [])):
        _check_volleys(structure(Envelope, envelopes[f"sess_case_{mode}"]), volleys)


def _told(signals: Signal, case: Case) -> Mapping[str, Signal]:
    """Return of *signals* what *case* speaks of."""
    return {name: _part(signals[name], expected) for name, expected in case.expected.items()}


def _part(signal: Signal, expected: Signal) -> Signal:
    if "value" not in expected or "value" not in signal:
        return {name: part for name, part in signal.items() if name != "ms"}
    members = signal["value"]
    return value(**{name: members.get(name) for name in expected["value"]})


def _check_volleys(envelope: Envelope, volleys: list[int]) -> None:
    """Check that edge and page timed so many *volleys*, by channel; the page times one less."""
    assert [len(channel.rtt_us) for channel in envelope.observed.latency] == volleys
    latency = envelope.report.signals.get(Latency)
    channels = () if isinstance(latency, Missing) else latency.channels
    assert [len(channel.rtt_ms) for channel in channels] == [count - 1 for count in volleys]
