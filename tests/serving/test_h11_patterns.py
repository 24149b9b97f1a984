"""The patterns in h11's place: the same lines, the same groups, in linear time."""

import re
import time
from collections import deque

import h11
import pytest
from h11._abnf import chunk_header, header_field
from hypothesis import given, settings
from hypothesis import strategies as st

from octet.serving.h11_patterns import CHUNK_HEADER, HEADER_FIELD, make_linear

HEAD = b"POST / HTTP/1.1\r\nHost: a.test\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
BLANKS = b" " * 60_000


@settings(max_examples=500)
@given(st.text("ab: \t\r\n\x00\xe9;", max_size=12).map(lambda text: text.encode("latin-1")))
def test_header_lines_match_alike(line: bytes) -> None:
    """A header line matches as it did, with the same name and value."""
    before = re.fullmatch(header_field.encode(), line)
    after = re.fullmatch(HEADER_FIELD.encode(), line)
    assert (before and before.groupdict()) == (after and after.groupdict())


@settings(max_examples=500)
@given(st.text("a0; \t\r\n\x00\xe9", max_size=12).map(lambda text: text.encode("latin-1")))
def test_chunk_headers_match_alike(text: bytes) -> None:
    """A chunk's line, up to the first CR LF, matches as it did, with the same size."""
    line = text.partition(b"\r\n")[0] + b"\r\n"
    before = re.fullmatch(chunk_header.encode(), line)
    after = re.fullmatch(CHUNK_HEADER.encode(), line)
    assert (before and before["chunk_size"]) == (after and after["chunk_size"])


@pytest.mark.parametrize(
    "text",
    [
        HEAD + b"X:" + BLANKS + b"\x00\r\n\r\n",
        HEAD + b"X:" + b"\r\n " * 20_000 + b"\x00\r\n\r\n",
        CHUNKED + b"1;" + BLANKS + b"\nx\r\n",
        CHUNKED + b"1" + BLANKS + b"x\r\n",
        CHUNKED + b"1;" + b"\r " * 30_000 + b"\nx\r\n",
        CHUNKED + b"0\r\nX:" + BLANKS + b"\x00\r\n\r\n",
    ],
    ids=["header", "folds", "extension", "chunk", "returns", "trailer"],
)
def test_blanks_are_refused_in_a_moment(text: bytes) -> None:
    """A line of blanks that ends badly is refused at once, wherever h11 meets it."""
    make_linear()
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(text)
    began_s = time.process_time()
    with pytest.raises(h11.RemoteProtocolError):
        deque(iter(connection.next_event, h11.NEED_DATA))
    assert time.process_time() - began_s < 1
