"""The tables behind a verdict: addresses, zones, languages, places, delays.

`build` makes one file of them offline; `Atlas.load` maps it. Nothing else reads raw data.
"""

from octet.service.atlas._atlas import Atlas
from octet.service.atlas.container import AtlasError

__all__ = ["Atlas", "AtlasError"]
