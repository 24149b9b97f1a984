"""The tables behind a verdict: addresses, zones, languages, places, delays.

`build` makes one file of them offline; `Atlas.load` maps it. Nothing else reads raw data.
"""

from octet.service.atlas._atlas import Atlas
from octet.service.atlas.container import AtlasError
from octet.service.atlas.operator import OperatorError, OperatorTables

__all__ = ["Atlas", "AtlasError", "OperatorError", "OperatorTables"]
