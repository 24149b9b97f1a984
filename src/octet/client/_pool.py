"""Connections that threads share."""

import httpcore
from attrs import frozen


class SharedPool(httpcore.ConnectionPool):
    """httpcore's pool, which takes no answer for the server's farewell.

    httpcore takes a connection to be left by the server if it is idle and then readable. Between
    these two looks another thread may have asked on it and been answered; its question would then
    be broken off. What is closed for its age can still meet a question that begins just then, which
    the client asks again.
    """

    def create_connection(self, origin: httpcore.Origin) -> httpcore.ConnectionInterface:
        """Return a new connection to *origin*."""
        return _Shared(super().create_connection(origin))


@frozen
class _Shared(httpcore.ConnectionInterface):
    _connection: httpcore.ConnectionInterface

    def has_expired(self) -> bool:
        # The second look at the state comes after that at the socket.
        return self._connection.has_expired() and self._connection.is_idle()

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        return self._connection.handle_request(request)

    def close(self) -> None:
        self._connection.close()

    def info(self) -> str:
        return self._connection.info()

    def can_handle_request(self, origin: httpcore.Origin) -> bool:
        return self._connection.can_handle_request(origin)

    def is_available(self) -> bool:
        return self._connection.is_available()

    def is_idle(self) -> bool:
        return self._connection.is_idle()

    def is_closed(self) -> bool:
        return self._connection.is_closed()
