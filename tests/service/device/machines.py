"""Machines as browsers describe them."""

from typing import Any

from octet.schema import Signals, structure

CHROME = "Mozilla/5.0 ({0}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{1}.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 ({0}; rv:{1}.0) Gecko/20100101 Firefox/{1}.0"
WINDOWS, LINUX = "Windows NT 10.0; Win64; x64", "X11; Linux x86_64"
MAC, IPHONE = "Macintosh; Intel Mac OS X 10_15_7", "iPhone; CPU iPhone OS 18_5 like Mac OS X"


def machine(
    ua: str,
    platform: str,
    renderer: str,
    cores: int,
    width: int,
    height: int,
    **more: Any,
) -> dict[str, Any]:
    """Return the signals that tell of a machine, as JSON values; *more* are other signals."""
    screen = {"width": width, "height": height, "availWidth": width, "availHeight": height - 40}
    found = {
        "userAgent": {"ua": ua},
        "hardware": {"platform": platform, "cores": cores, "touchPoints": 0},
        "screen": screen | {"colorDepth": 24, "pixelRatio": 1},
        "webgl": {"vendor": "Google Inc.", "renderer": renderer},
        "timeZone": {"name": "Europe/Berlin"},
        "languages": {"list": ["de-DE", "de", "en"]},
        "voices": {"langs": ["de-DE"]},
        "connection": {"rttMs": 50},
    }
    return {name: {"value": value} for name, value in found.items()} | more


def signals(raw: dict[str, Any]) -> Signals:
    return structure(Signals, raw)


def angle(vendor: str, device: str, interface: str) -> str:
    return f"ANGLE ({vendor}, {device}, {interface})"


def windows(card: str, vendor: str = "NVIDIA") -> str:
    return angle(vendor, f"{card} Direct3D11 vs_5_0 ps_5_0", "D3D11")


RARE = machine(
    CHROME.format(LINUX, 156),
    "Linux x86_64",
    angle("NVIDIA Corporation", "NVIDIA RTX A5000/PCIe/SSE2", "OpenGL 4.5.0"),
    48,
    5120,
    1440,
)
"""A workstation of which there are few."""

COMMON = {
    "iPhone": machine(
        f"Mozilla/5.0 ({IPHONE}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 "
        "Mobile/15E148 Safari/604.1",
        "iPhone",
        "Apple GPU",
        4,
        393,
        852,
    ),
    "iPad as a Mac": machine(
        f"Mozilla/5.0 ({MAC}) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/18.5 Safari/605.1.15",
        "MacIntel",
        "Apple GPU",
        8,
        1024,
        1366,
        hardware={"value": {"platform": "MacIntel", "cores": 8, "touchPoints": 5}},
    ),
    "Android": machine(
        CHROME.format("Linux; Android 10; K", 156).replace("Safari", "Mobile Safari"),
        "Linux armv81",
        "ANGLE (Qualcomm, Adreno (TM) 740, OpenGL ES 3.2)",
        8,
        384,
        832,
    ),
    "Tor Browser": machine(FIREFOX.format(WINDOWS, 140), "Win32", "Mozilla", 2, 1400, 900),
    "Tor Browser on Linux": machine(
        FIREFOX.format("X11; Linux x86_64", 140),
        "Linux x86_64",
        "NVIDIA GeForce GTX 980, or similar",
        2,
        1400,
        900,
    ),
    "Firefox": machine(
        FIREFOX.format(LINUX, 153),
        "Linux x86_64",
        "Radeon R9 200 Series, or similar",
        28,
        3440,
        1440,
    ),
    "Brave": RARE
    | {
        "userAgent": {
            "value": {
                "ua": CHROME.format(LINUX, 156),
                "brands": [{"brand": "Brave", "version": "1"}],
            }
        }
    },
    "office": machine(
        CHROME.format(WINDOWS, 156),
        "Win32",
        windows("Intel(R) UHD Graphics 620 (0x00005917)", "Intel"),
        8,
        1920,
        1080,
    ),
    "player": machine(
        CHROME.format(WINDOWS, 156),
        "Win32",
        windows("NVIDIA GeForce RTX 3060 (0x00002503)"),
        12,
        2560,
        1440,
    ),
    "MacBook": machine(
        CHROME.format(MAC, 156),
        "MacIntel",
        angle("Apple", "ANGLE Metal Renderer: Apple M1", "Unspecified Version"),
        8,
        1440,
        900,
    ),
    "Linux laptop": machine(
        CHROME.format(LINUX, 156),
        "Linux x86_64",
        angle("Intel", "Mesa Intel(R) UHD Graphics 620 (KBL GT2)", "OpenGL 4.6"),
        8,
        1920,
        1080,
    ),
    "virtual machine": machine(
        CHROME.format(LINUX, 156),
        "Linux x86_64",
        "ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) (0x0000C0DE)), SwiftShader)",
        48,
        5120,
        1440,
    ),
}
"""Machines of which there are many, or that look like many others on purpose."""
