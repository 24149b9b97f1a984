"""Last answers, in pure code and as connections give them."""

import json

import h11
import pytest

from octet.serving.closing_answer import closing_answer
from tests.serving.app import SmallApp
from tests.serving.conftest import StartServer


@pytest.mark.parametrize(
    ("code", "retry_after_s", "status"), [("overloaded", 3, 503), ("malformed", None, 400)]
)
def test_answer(code: str, retry_after_s: int | None, status: int) -> None:
    """It is one whole response that carries the problem, names its request, and closes."""
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="GET", target="/", headers=[("host", "a")]))
    client.send(h11.EndOfMessage())
    client.receive_data(closing_answer(code, retry_after_s=retry_after_s))
    response, data = client.next_event(), client.next_event()
    assert isinstance(response, h11.Response)
    assert isinstance(data, h11.Data)
    headers = {name.decode(): value.decode() for name, value in response.headers}
    body = json.loads(bytes(data.data))
    assert (response.status_code, body["status"], body["code"]) == (status, status, code)
    assert headers["x-request-id"] == body["requestId"]
    assert headers["connection"] == "close"
    assert headers.get("retry-after") == (None if retry_after_s is None else str(retry_after_s))


@pytest.mark.parametrize(
    "text",
    [b"garbage\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nb\r\n\r\n"],
)
async def test_what_is_no_request(start_server: StartServer, text: bytes) -> None:
    """What cannot be read as a request is told so by a problem, like any other fault."""
    server = await start_server(SmallApp())
    answer = await server.ask(text)
    assert (answer.status, answer.json["code"]) == (400, "malformed")
    assert answer.headers["content-type"] == "application/problem+json"
