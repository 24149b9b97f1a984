"""Pin octet-service to the very version of octet[edge] that it was built beside."""

from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class SameVersion(MetadataHookInterface):
    """Fill in the dependencies, of which the first names this version."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set *metadata*'s dependencies."""
        metadata["dependencies"] = [
            f"octet[edge]=={metadata['version']}",
            "anyio>=4",
            "attrs>=24.2",
            "coredis>=6.9,<7",
            "cryptography>=42",
            "maxminddb>=2.6",
            "numpy>=2",
            "prometheus-client>=0.20",
            "pyseto>=1.9",
            "quart>=0.20",
            "quart-trio>=0.12",
            "structlog>=25",
            "trio>=0.30",
            "werkzeug>=3.1",
        ]
