"""The service put together from its configuration, as every way of starting it does.

The only file that knows both the engine and the application.
"""

import logging
from datetime import UTC, datetime

from quart_trio import QuartTrio

from octet import __version__
from octet.service import clock
from octet.service.app import create_app
from octet.service.atlas import Atlas, AtlasError
from octet.service.config import ServiceConfig
from octet.service.credentials import KeyringError
from octet.service.engine import Engine
from octet.serving import ConfigError

logger = logging.getLogger(__name__)


def assemble(config: ServiceConfig) -> QuartTrio:
    """Load the tables and the keyring, make the application, and tell the log what starts.

    Raises:
        ConfigError: a file that the configuration names cannot be used.
    """
    try:
        atlas = Atlas.load(config.atlas)
        app = create_app(config, Engine(atlas))
    except AtlasError as exc:
        raise ConfigError([f"OCTET_ATLAS cannot be used: {exc}"]) from exc
    except KeyringError as exc:
        raise ConfigError([f"OCTET_KEYRING {exc}"]) from exc
    _tell(config, atlas)
    return app


def _tell(config: ServiceConfig, atlas: Atlas) -> None:
    today = datetime.fromtimestamp(clock.epoch_ms() / 1000, tz=UTC).date()
    age_days = (today - atlas.date).days
    logger.info("octet-service %s", __version__)
    logger.info("atlas %s of %s, %d days old", atlas.version, atlas.date, age_days)
    logger.warning("memory store survives no restart; verdicts live %d s", config.verdict_ttl_s)
    if config.open:
        logger.warning(
            "OCTET_DEV WITHOUT A KEYRING: WHOEVER REACHES THIS SERVICE CAN POST AND READ"
        )
