"""The four sessions of the demo: who visits, from where, with what kind of browser.

The addresses are real ones of real networks, taken because the tables know them; nothing is sent
to them. What is simulated is exactly this: that the visitor's connection comes from `source_ip`,
and that the proxy is as far away as its delay says. All else is a real browser on real sockets.
"""

from typing import Final

from attrs import frozen


@frozen(kw_only=True)
class Session:
    """One visit."""

    name: str
    title: str
    story: str
    source_ip: str
    """What the edge takes for the visitor's address (``EXIT_IP``)."""
    time_zone: str
    languages: tuple[str, ...]
    edge_id: str
    edge_lat: float
    edge_lon: float
    proxy_one_way_ms: float | None = None
    """Delay of a SOCKS proxy between the browser and the edge, or None without one."""


SESSIONS: Final = (
    Session(
        name="honest",
        title="An honest visitor at home",
        story="A German household, a browser set up in German, nothing in between.",
        source_ip="91.0.32.10",
        time_zone="Europe/Berlin",
        languages=("de-DE", "de", "en"),
        edge_id="fra-1",
        edge_lat=50.11,
        edge_lon=8.68,
    ),
    Session(
        name="traveller",
        title="A traveller abroad",
        story="A British visitor in Paris, on a French network; the clock still says London.",
        source_ip="90.0.1.20",
        time_zone="Europe/London",
        languages=("en-GB", "en"),
        edge_id="par-1",
        edge_lat=48.86,
        edge_lon=2.35,
    ),
    Session(
        name="vpn",
        title="A VPN",
        story="The German household again, through a VPN whose exit stands in the Netherlands.",
        source_ip="169.150.196.10",
        time_zone="Europe/Berlin",
        languages=("de-DE", "de", "en"),
        edge_id="ams-1",
        edge_lat=52.37,
        edge_lon=4.90,
    ),
    Session(
        name="proxy",
        title="A proxy",
        story="A German address that is only a proxy: the browser behind it is far away.",
        source_ip="91.0.32.10",
        time_zone="Europe/Berlin",
        languages=("de-DE", "de", "en"),
        edge_id="fra-2",
        edge_lat=50.11,
        edge_lon=8.68,
        proxy_one_way_ms=60,
    ),
)
