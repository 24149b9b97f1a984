"""Octet tells in which country a visitor's browser physically is.

The layers, and who may import whom:

    octet.schema    pure data, the one shared ground; no I/O, no event loop, no numpy
    octet.serving   what edge and service stand on alike: sockets, settings, error bodies
    octet.edge      moves bytes and records facts; decides nothing; knows no service, no verdict
    octet.service   the only place that infers; its engine does no I/O
    octet.client    what a customer's backend installs; httpx and the schema only
    octet.pytest_plugin   a fixture over `octet.client.testing`; pytest loads it by itself

Edge, service and client are strangers to each other. ``lint-imports`` holds this in ``make lint``.
"""

__version__ = "0.1.0"

__all__ = ["__version__"]
