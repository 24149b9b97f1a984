"""Device keys: a returning browser, told to each partner by a name of its own.

Three steps, each in its file: what of a report stays while a browser is updated and travels
(`facts`), how far that singles it out (`rarity`), and the name that a partner gets for it (`key`).
"""

from octet.service.device.facts import DeviceFacts, device_facts
from octet.service.device.key import DeviceKeys
from octet.service.device.rarity import singles_out

__all__ = ["DeviceFacts", "DeviceKeys", "device_facts", "singles_out"]
