"""What the edge and the service stand on alike: sockets, connections, settings, error bodies.

It reasons about nothing and knows neither of them. Hypercorn's protocols do the HTTP; this package
owns the accept loop around them, so that every connection has its own exception boundary, every
wait an owner, and shutdown drains.
"""

from octet.serving.byte_stream import ByteStream
from octet.serving.connection import Connection, Hypercorn
from octet.serving.environment import ConfigError, Environment
from octet.serving.listener import listen
from octet.serving.problems import ProblemError, request_id
from octet.serving.server import Handler, ServerSettings, serve, shutdown_signal

__all__ = [
    "ByteStream",
    "ConfigError",
    "Connection",
    "Environment",
    "Handler",
    "Hypercorn",
    "ProblemError",
    "ServerSettings",
    "listen",
    "request_id",
    "serve",
    "shutdown_signal",
]
