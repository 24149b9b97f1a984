"""A reply as it is written, read again by h11."""

import h11
import pytest

from octet.edge.clock import HttpDate
from octet.edge.exchange import Reply
from octet.edge.reply_text import write_reply
from tests.edge.test_observer import request

DATE = HttpDate(lambda: 0)


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b"{}", headers={"cache-control": "no-store"}),
        Reply(200, b"", "text/plain"),
        Reply(204, headers={"vary": "Origin"}),
        Reply(304, b"", "text/javascript", headers={"etag": '"\xe9"'}),
        Reply(503, b"no", "application/problem+json"),
    ],
)
def test_peer_reads_what_was_meant(reply: Reply, method: str, keep: bool) -> None:
    """A client finds status, headers and body, and knows whether the connection goes on."""
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method=method, target="/", headers=[("host", "a")]))
    client.send(h11.EndOfMessage())
    asked = request(method=method)
    client.receive_data(write_reply(asked, reply, date=DATE, keep=keep))
    read = client.next_event()
    assert isinstance(read, h11.Response)
    fields = {name.decode(): value.decode("latin-1") for name, value in read.headers}
    assert read.status_code == reply.status
    assert fields.items() >= reply.headers.items()
    assert fields["x-request-id"] == asked.id
    assert fields["date"] == "Thu, 01 Jan 1970 00:00:00 GMT"
    assert ("content-length" in fields) == (reply.status not in {204, 304})
    assert fields.get("content-type", reply.content_type) == reply.content_type
    body = b""
    while isinstance(event := client.next_event(), h11.Data):
        body += bytes(event.data)
    assert isinstance(event, h11.EndOfMessage)
    assert body == (b"" if method == "HEAD" else reply.body)
    assert (client.their_state is h11.DONE) == keep
