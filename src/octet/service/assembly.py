"""The service put together from its configuration, as every way of starting it does.

The only file that knows both the engine and the application.
"""

import logging
from datetime import UTC, datetime
from functools import partial

from attrs import frozen
from prometheus_client import CollectorRegistry
from quart_trio import QuartTrio

from octet import __version__
from octet.service import clock
from octet.service.app import create_app
from octet.service.atlas import Atlas, AtlasError, OperatorError
from octet.service.config import ServiceConfig
from octet.service.credentials import KeyringError
from octet.service.engine import Engine
from octet.service.instruments import Instruments
from octet.service.metrics import ServiceMetrics
from octet.service.tracing import NO_TRACING, Tracing
from octet.serving import ConfigError

logger = logging.getLogger(__name__)


@frozen
class Service:
    """The application, and what it counts."""

    app: QuartTrio
    metrics: ServiceMetrics
    registry: CollectorRegistry


def assemble(config: ServiceConfig) -> Service:
    """Load the tables and the keyring, make the application, and tell the log what starts.

    Raises:
        ConfigError: a file that the configuration names cannot be used.
    """
    try:
        atlas = Atlas.load(config.atlas).with_operator(config.operator_tables())
        registry = CollectorRegistry()
        age_days = partial(_age_days, atlas)
        metrics = ServiceMetrics(registry, workers=config.workers, atlas_age_days=age_days)
        instruments = Instruments(metrics=metrics, tracing=_tracing(config))
        app = create_app(config, Engine(atlas), instruments=instruments)
    except AtlasError as exc:
        raise ConfigError([f"OCTET_ATLAS cannot be used: {exc}"]) from exc
    except OperatorError as exc:
        raise ConfigError([f"OCTET_COUNTRY_MMDB, OCTET_ASN_MMDB or OCTET_ASN_LISTS {exc}"]) from exc
    except KeyringError as exc:
        raise ConfigError([f"OCTET_KEYRING {exc}"]) from exc
    _tell(config, atlas)
    return Service(app, metrics, registry)


def _tracing(config: ServiceConfig) -> Tracing:
    """Return what makes spans, if they are asked for."""
    if not config.tracing:
        return NO_TRACING
    from octet.service.telemetry import OpenTelemetry  # noqa: PLC0415 - it may not be installed

    return OpenTelemetry()


def _age_days(atlas: Atlas) -> int:
    """Return the days since the date of the tables."""
    return (datetime.fromtimestamp(clock.epoch_ms() / 1000, tz=UTC).date() - atlas.date).days


def _tell(config: ServiceConfig, atlas: Atlas) -> None:
    logger.info("octet-service %s", __version__)
    logger.info("atlas %s of %s, %d days old", atlas.version, atlas.date, _age_days(atlas))
    for name, path in (("countries", config.country_mmdb), ("systems", config.asn_mmdb)):
        if path is not None:
            logger.info("the operator's database of %s: %s", name, path)
    if config.store is None:
        logger.warning("memory store survives no restart; verdicts live %d s", config.verdict_ttl_s)
    else:
        logger.info("store: redis at %s; verdicts live %d s", config.store, config.verdict_ttl_s)
    if config.open:
        logger.warning(
            "OCTET_DEV WITHOUT A KEYRING: WHOEVER REACHES THIS SERVICE CAN POST AND READ"
        )
