"""The listening socket."""

import socket

import pytest

from octet.serving.listener import listen, url_of


@pytest.mark.parametrize(
    ("host", "tls", "start"),
    [
        ("127.0.0.1", False, "http://127.0.0.1:"),
        pytest.param("::1", False, "http://[::1]:", marks=pytest.mark.ipv6),
        ("localhost", True, "https://"),
    ],
)
def test_free_port(host: str, tls: bool, start: str) -> None:
    """Port 0 takes a free port, which the URL names."""
    with listen(host, 0) as listener:
        url = url_of(listener, tls=tls)
        assert url.startswith(start)
        assert url.endswith(f":{listener.getsockname()[1]}")


def test_prepared_before_it_listens() -> None:
    """Options are set before the socket listens."""
    seen: list[int] = []

    def prepare(sock: socket.socket) -> None:
        seen.append(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))

    listen("127.0.0.1", 0, prepare=prepare).close()
    assert seen == [0]


def test_taken_port_is_an_error() -> None:
    """A port that is taken is reported, and nothing is left open."""
    with listen("127.0.0.1", 0) as listener, pytest.raises(OSError, match="in use"):
        listen("127.0.0.1", listener.getsockname()[1])
