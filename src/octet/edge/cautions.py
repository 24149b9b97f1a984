"""What an operator should know of settings that can be used."""

from octet.edge.config import EdgeConfig
from octet.edge.cors import ANY


def cautions(config: EdgeConfig) -> list[str]:
    """Return a line for each, beginning with the variable."""
    lines = {
        "ALLOWED_ORIGIN is *: pages of any origin may post": ANY in config.allowed_origins,
        "OCTET_DEV: no licence is sent, receipts are sealed with a public key": (
            config.license is None
        ),
        "EXIT_IP is set: every visitor seems to come from there": config.exit_ip is not None,
        "EDGE_EXPOSE_VERDICT is on: browsers see their verdict": config.expose_verdict,
    }
    return [line for line, applies in lines.items() if applies]
