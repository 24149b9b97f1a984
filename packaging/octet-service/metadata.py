"""Pin octet-service to the very version of octet[edge] that it was built beside."""

from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class SameVersion(MetadataHookInterface):
    """Fill in the dependencies, of which the first names this version."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set *metadata*'s dependencies."""
        metadata["dependencies"] = [
            f"octet[edge]=={metadata['version']}",
            "numpy>=2",
            "maxminddb>=2.6",
        ]
