"""What the edge and the service stand on alike: sockets, connections, settings, error bodies.

It reasons about nothing and knows neither of them. Hypercorn's protocols do the HTTP; this package
owns the accept loop around them, so that every connection has its own exception boundary, every
wait an owner, and shutdown drains.
"""

from octet.serving.connection import Connection
from octet.serving.environment import ConfigError, Environment
from octet.serving.listener import listen
from octet.serving.problems import ProblemError, answer_problems, pass_on, problem_response
from octet.serving.server import ServerSettings, serve, shutdown_signal

__all__ = [
    "ConfigError",
    "Connection",
    "Environment",
    "ProblemError",
    "ServerSettings",
    "answer_problems",
    "listen",
    "pass_on",
    "problem_response",
    "serve",
    "shutdown_signal",
]
