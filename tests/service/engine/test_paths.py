import attrs
import pytest

from octet.schema import Channel, ChannelTiming, Envelope, Latency, Present, Signals, TcpTiming
from octet.service.engine.paths import timing
from tests.service.engine.sessions import PLACES, RECEIVED_AT_MS, session


def channel(edge: str, place: str | None, app_ms: float, kernel_ms: float | None) -> ChannelTiming:
    lat, lon = PLACES[place] if place else (None, None)
    tcp = None if kernel_ms is None else TcpTiming(min_rtt_us=round(kernel_ms * 1000))
    return ChannelTiming(
        edge=edge,
        lat=lat,
        lon=lon,
        source_ip="91.0.32.10",
        rtt_us=(round(app_ms * 1000), round(app_ms * 2000)),
        tcp=tcp,
        at=RECEIVED_AT_MS,
    )


def with_channels(*channels: ChannelTiming, **changes: object) -> Envelope:
    plain = session(delta_ms=None, **changes)  # type: ignore[arg-type]
    return attrs.evolve(plain, observed=attrs.evolve(plain.observed, latency=channels))


def test_each_place_is_one_landmark() -> None:
    """The post's own edge and the channels' edges are landmarks, the same place only once."""
    found = timing(
        with_channels(
            channel("edge-1", "frankfurt", 14.0, 11.0),
            channel("edge-2", "london", 30.0, 27.0),
            channel("edge-3", "london", 29.0, 28.0),
            channel("edge-4", None, 5.0, 4.0),
        )
    )
    assert [(m.place.lat, m.kernel_ms, m.app_ms) for m in found.landmarks] == [
        (50.11, 11.0, 14.0),
        (51.51, 27.0, 29.0),
    ]
    assert found.kernel_ms == 11.0
    assert found.delta_ms == pytest.approx(1.0)
    assert found.volleys == 8


def test_another_edges_hop_is_not_the_proxys() -> None:
    """Behind a declared proxy only its own hop is known; what another edge saw is a proxy's."""
    found = timing(
        with_channels(
            channel("edge-1", "frankfurt", 14.0, 0.1),
            channel("edge-2", "london", 30.0, 0.1),
            via="trusted-proxy",
        )
    )
    assert [(m.kernel_ms, m.app_ms) for m in found.landmarks] == [(12.0, 14.0), (None, 30.0)]
    assert found.delta_ms == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("page_ms", "extra_ms"),
    [
        ([], 0.0),
        ([60.0] * 3, 0.0),
        ([60.0] * 4, 36.0),
        ([15.0, 60.0, 60.0, 60.0], 0.0),
        ([3.0] * 8, 0.0),
    ],
)
def test_an_answer_from_nearer_than_the_page(page_ms: list[float], extra_ms: float) -> None:
    """Where the page waited longer than the edge did, the difference belongs to the gap."""
    envelope = with_channels(channel("edge-1", "frankfurt", 14.0, 12.0))
    latency = Present(Latency((Channel("wss://x", tuple(page_ms)),)))
    report = attrs.evolve(envelope.report, signals=Signals({"latency": latency}))
    found = timing(attrs.evolve(envelope, report=report))
    assert found.delta_ms == pytest.approx(2.0 + extra_ms)
