"""The strict reader against h11: it takes less, and what it takes it reads the same."""

import time

import h11
import pytest
from attrs import evolve
from hypothesis import example, given, settings
from hypothesis import strategies as st

from octet.edge.request_head import END, HeadReader, RequestHead, read_head

PLAIN = b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"


def with_lines(*lines: bytes, start: bytes = b"POST /v1/signals HTTP/1.1") -> bytes:
    """Return a section with a Host and more header *lines*."""
    return b"\r\n".join([start, b"Host: a.test", *lines, b"", b""])


def by_h11(section: bytes, content_length: int) -> tuple[h11.Request, bytes, bool]:
    """Return h11's request, the body it finds, and whether it would keep the connection."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(section + b"b" * content_length + PLAIN)
    request = connection.next_event()
    assert isinstance(request, h11.Request)
    body = b""
    while isinstance(event := connection.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage)
    connection.send(h11.Response(status_code=200, headers=[(b"content-length", b"0")]))
    connection.send(h11.EndOfMessage())
    kept = connection.our_state is h11.DONE
    if kept:
        connection.start_next_cycle()
        assert isinstance(connection.next_event(), h11.Request), "the next request is misread"
    return request, body, kept


def agrees(section: bytes, head: RequestHead) -> None:
    """Assert that h11 reads *section* as our reader read it."""
    request, body, kept = by_h11(section, head.content_length)
    target = head.path + ("?" + head.query if b"?" in request.target else "")
    assert (request.method.decode(), request.target.decode()) == (head.method, target)
    assert request.http_version == b"1.1"
    assert tuple(request.headers.raw_items()) == head.headers
    assert len(body) == head.content_length
    assert kept == head.keep_alive


# --- by hypothesis -------------------------------------------------------------------------------

_METHODS = st.sampled_from([b"GET", b"HEAD", b"POST", b"OPTIONS", b"PUT", b"get", b"", b"GE T"])
_TARGETS = st.sampled_from(
    [b"/", b"/v1/signals", b"/v1/ws?ref=a&x=%20?", b"//a", b"/%61", b"*", b"http://a/", b"a:1", b""]
) | st.text("/?aZ09._~-!$&'()*+,;=:@%[]|\\\"<> \x7f\xe9", max_size=12).map(
    lambda text: text.encode("latin-1")
)
_VERSIONS = st.sampled_from(
    [b"HTTP/1.1"] * 6 + [b"HTTP/1.0", b"HTTP/2.0", b"http/1.1", b"HTTP/1.10"]
)
_NAMES = st.sampled_from(
    b"Host HOST Content-Length content-length Connection Upgrade Content-Type Transfer-Encoding "
    b"Expect Trailer TE HTTP2-Settings Cookie X-A Origin".split()
) | st.text("ab-_!#$%&'*+.^`|~ :(\t\x00\xe9", max_size=4).map(lambda text: text.encode("latin-1"))
_VALUES = st.sampled_from(
    b"a.test|0|3|+3|0x3|3, 3|3,4|-1||close|keep-alive|Close, upgrade|upgrade|keep-alive, Upgrade|"
    b"websocket|WebSocket|h2c|chunked|identity|100-continue|application/json|a\tb|\xc3\xa9".split(
        b"|"
    )
) | st.binary(max_size=8)
_BLANKS = st.sampled_from([b"", b" ", b"\t", b"  \t", b"\r\n ", b"\x0b", b"\x0c"])
_ENDS = st.sampled_from([b"\r\n"] * 12 + [b"\n", b"\r", b"\r\r\n", b"\r\n\t", b"\x00\r\n"])
_LINES = st.builds(
    lambda name, colon, before, value, after, end: name + colon + before + value + after + end,
    _NAMES,
    st.sampled_from([b":"] * 8 + [b" :", b"", b"::"]),
    _BLANKS,
    _VALUES,
    _BLANKS,
    _ENDS,
)
_REQUEST_LINES = st.builds(
    lambda method, target, version, end: method + b" " + target + b" " + version + end,
    _METHODS,
    _TARGETS,
    _VERSIONS,
    _ENDS,
)
_WILD = st.builds(
    lambda start, lines: start + b"".join(lines) + b"\r\n",
    _REQUEST_LINES,
    st.lists(_LINES | st.just(b"Host: a.test\r\n"), max_size=6),
)

_TAME_VALUES = st.text(
    [chr(code) for code in (*range(0x20, 0x7F), 0x09, *range(0x80, 0x100))], max_size=20
)
_TAME = st.builds(
    lambda start, headers, length, options: with_lines(
        *(f"{name}:{value}".encode("latin-1") for name, value in headers),
        *([b"Content-Length: %d" % length] if start.startswith(b"POST") else []),
        *options,
        start=start,
    ),
    st.builds(
        lambda method, path, query: f"{method} /{path}{query} HTTP/1.1".encode(),
        st.sampled_from(["GET", "HEAD", "POST", "OPTIONS"]),
        st.text("aZ09/._~-!$&'()*+,;=:@", max_size=12),
        st.just("") | st.text("aZ09/._~-!$&'()*+,;=:@?%", max_size=12).map("?".__add__),
    ),
    st.lists(
        st.tuples(st.sampled_from(["Cookie", "x-a", "Accept", "USER-agent"]), _TAME_VALUES),
        max_size=6,
    ),
    st.integers(0, 300),
    st.sampled_from(
        [
            (),
            (b"Connection: close",),
            (b"connection:keep-alive",),
            (b"Connection: Keep-Alive, close",),
        ]
    ),
)


@given(_TAME)
def test_plain_is_taken_and_read_as_by_h11(section: bytes) -> None:
    """Every plain request is taken, and h11 finds the same request, body and connection in it."""
    head = read_head(section)
    assert head is not None
    agrees(section, head)


@settings(max_examples=500)
@given(_WILD)
@example(with_lines(b"Content-Length: 3", b"Content-Length: 3"))
@example(with_lines(b"X: a\r\n b"))
def test_whatever_is_taken_h11_reads_the_same(section: bytes) -> None:
    """Of all that looks like a request, the reader takes only what h11 reads in the same way."""
    found = END.search(section)
    head = read_head(section[: found.end()]) if found else None
    if found and head:
        agrees(section[: found.end()], head)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_left(noise: bytes) -> None:
    """No bytes make the reader fail."""
    for section in (noise, noise + b"\r\n\r\n", with_lines(noise)):
        head = read_head(section)
        if head is not None:
            agrees(section, head)


@given(st.lists(_TAME | _WILD, min_size=1, max_size=3), st.lists(st.integers(0, 3), min_size=1))
@example([with_lines(b"Content-Length: 3"), with_lines(b"Content-Length: 3", b"X: a")], [0, 1, 0])
@example([with_lines(b"X: a", b"content-length:3 ", b"x: b")], [0, 0])
@example([with_lines(b"Content-Length: 3", b"Content-Length: 4")], [0, 0])
def test_repeated_heads_are_read_as_if_each_were_the_first(
    sections: list[bytes], order: list[int]
) -> None:
    """What is taken for the last head of its connection with another length reads as just that."""
    reader, last = HeadReader(), None
    for turn, place in enumerate(order):
        section = sections[place % len(sections)]
        for length in (b"%d" % turn, b"0%d" % (turn + 7), b"3", b"", b"1" * 10, b"x", b"4 "):
            varied = section.replace(b": 3\r\n", b": %b\r\n" % length)
            found, expected = END.search(varied), read_head(varied)
            repeated = reader.repeated(varied + b"\r\n\r\n3")
            if repeated is None:
                last = reader.read(varied)
                assert last == expected
                continue
            digits, size = repeated
            assert found is not None
            assert last is not None
            assert size == found.end()
            names = [name.lower() for name, _ in last.headers]
            at = names.index(b"content-length")
            headers = (*last.headers[:at], (last.headers[at][0], digits), *last.headers[at + 1 :])
            assert evolve(last, headers=headers, content_length=int(digits)) == (
                read_head(varied[:size])
            )


def test_a_repeated_head_may_be_only_begun() -> None:
    """Of a head that is not all there yet nothing is taken for the last one."""
    reader, section = HeadReader(), with_lines(b"Content-Length: 3", b"X: a")
    assert reader.read(section) is not None
    for end in range(len(section)):
        assert reader.repeated(section[:end]) is None
    assert reader.repeated(section + b"abc") == (b"3", len(section))


# --- by table ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        (with_lines(b"Content-Length: 5"), ("POST", "/v1/signals", "", 5, True, False)),
        (with_lines(b"Content-Length: 000000005"), ("POST", "/v1/signals", "", 5, True, False)),
        (with_lines(), ("POST", "/v1/signals", "", 0, True, False)),
        (with_lines(b"connection: CLOSE"), ("POST", "/v1/signals", "", 0, False, False)),
        (with_lines(start=b"GET /a?b=%20?c HTTP/1.1"), ("GET", "/a", "b=%20?c", 0, True, False)),
        (with_lines(start=b"HEAD //a@b:1;c HTTP/1.1"), ("HEAD", "//a@b:1;c", "", 0, True, False)),
        (
            with_lines(
                b"Connection: keep-alive, Upgrade", b"Upgrade: WebSocket", start=b"GET / HTTP/1.1"
            ),
            ("GET", "/", "", 0, True, True),
        ),
    ],
)
def test_plain_request(section: bytes, expected: tuple[object, ...]) -> None:
    """What browsers send is taken."""
    head = read_head(section)
    assert head is not None
    assert (
        head.method,
        head.path,
        head.query,
        head.content_length,
        head.keep_alive,
        head.upgrade,
    ) == expected


SHAPES = {
    "chunked": with_lines(b"Transfer-Encoding: chunked"),
    "coding and length": with_lines(b"Content-Length: 3", b"Transfer-Encoding: chunked"),
    "unknown coding": with_lines(b"transfer-encoding: xchunked", b"Content-Length: 3"),
    "empty coding": with_lines(b"Transfer-Encoding:", b"Content-Length: 3"),
    "coding before a blank": with_lines(b"Transfer-Encoding : chunked"),
    "coding after a blank": with_lines(b" Transfer-Encoding: chunked"),
    "two lengths": with_lines(b"Content-Length: 3", b"Content-Length: 4"),
    "twice one length": with_lines(b"Content-Length: 3", b"content-length: 3"),
    "list of lengths": with_lines(b"Content-Length: 3, 3"),
    "signed length": with_lines(b"Content-Length: +5"),
    "negative length": with_lines(b"Content-Length: -5"),
    "hexadecimal length": with_lines(b"Content-Length: 0x5"),
    "length with underscore": with_lines(b"Content-Length: 1_0"),
    "fractional length": with_lines(b"Content-Length: 5.0"),
    "divided length": with_lines(b"Content-Length: 5 5"),
    "empty length": with_lines(b"Content-Length:"),
    "length in foreign digits": with_lines("Content-Length: ٣".encode()),
    "endless length": with_lines(b"Content-Length: 1" + b"0" * 30),
    "length of a GET": with_lines(b"Content-Length: 0", start=b"GET / HTTP/1.1"),
    "folded": with_lines(b"X-A: a", b" b"),
    "folded by tab": with_lines(b"X-A: a", b"\tContent-Length: 3"),
    "folded length": with_lines(b"Content-Length:", b" 3"),
    "bare LF": with_lines(b"X-A: a\nContent-Length: 3"),
    "bare LF throughout": PLAIN.replace(b"\r\n", b"\n"),
    "bare LF at the end": PLAIN[:-4] + b"\n\r\n",
    "bare CR": with_lines(b"X-A: a\rContent-Length: 3"),
    "CR CR LF": with_lines(b"X-A: a\r"),
    "NUL in a value": with_lines(b"X-A: a\x00b"),
    "NUL in a name": with_lines(b"X\x00A: a"),
    "control character": with_lines(b"X-A: a\x01b"),
    "DEL": with_lines(b"X-A: a\x7f"),
    "blank before the colon": with_lines(b"Content-Length : 3"),
    "tab before the colon": with_lines(b"Content-Length\t: 3"),
    "no colon": with_lines(b"Content-Length 3"),
    "no name": with_lines(b": 3"),
    "name in quotes": with_lines(b'"Content-Length": 3'),
    "non-ASCII name": with_lines("Content-Length\u00a0: 3".encode("latin-1")),
    "absolute form": with_lines(start=b"GET http://a.test/v1/signals HTTP/1.1"),
    "authority form": with_lines(start=b"CONNECT a.test:443 HTTP/1.1"),
    "authority form of a GET": with_lines(start=b"GET a.test:443 HTTP/1.1"),
    "asterisk form": with_lines(start=b"OPTIONS * HTTP/1.1"),
    "encoded path": with_lines(start=b"POST /v1%2Fsignals HTTP/1.1"),
    "fragment": with_lines(start=b"GET /a#b HTTP/1.1"),
    "fragment in the query": with_lines(start=b"GET /a?b#c HTTP/1.1"),
    "backslash": with_lines(start=b"GET /a\\b HTTP/1.1"),
    "non-ASCII path": with_lines(start="GET /é HTTP/1.1".encode()),
    "no path": with_lines(start=b"GET  HTTP/1.1"),
    "HTTP/0.9": b"GET /\r\n\r\n",
    "HTTP/1.0": with_lines(start=b"GET / HTTP/1.0"),
    "HTTP/1.2": with_lines(start=b"GET / HTTP/1.2"),
    "HTTP/2.0": b"PRI * HTTP/2.0\r\n\r\n",
    "HTTP/01.1": with_lines(start=b"GET / HTTP/01.1"),
    "version in lower case": with_lines(start=b"GET / http/1.1"),
    "blank after the version": with_lines(start=b"GET / HTTP/1.1 "),
    "two blanks": with_lines(start=b"GET  / HTTP/1.1"),
    "tab for a blank": with_lines(start=b"GET\t/ HTTP/1.1"),
    "blank first": with_lines(start=b" GET / HTTP/1.1"),
    "empty line first": b"\r\n" + PLAIN,
    "method in lower case": with_lines(start=b"get / HTTP/1.1"),
    "mixed case": with_lines(start=b"Get / HTTP/1.1"),
    "another method": with_lines(start=b"PUT / HTTP/1.1"),
    "method that no token is": with_lines(start=b"GE(T / HTTP/1.1"),
    "no Host": b"GET / HTTP/1.1\r\n\r\n",
    "two Hosts": with_lines(b"host: a.test"),
    "two Content-Types": with_lines(b"Content-Type: a", b"content-type: b"),
    "two Connections": with_lines(b"Connection: keep-alive", b"Connection: close"),
    "hop-by-hop option": with_lines(b"Connection: close, Content-Length"),
    "upgrade of nothing": with_lines(b"Connection: Upgrade"),
    "upgrade unasked": with_lines(b"Upgrade: websocket"),
    "upgrade to h2c": with_lines(b"Connection: Upgrade", b"Upgrade: h2c"),
    "upgrade to either": with_lines(b"Connection: Upgrade", b"Upgrade: websocket, h2c"),
    "HTTP2-Settings": with_lines(b"HTTP2-Settings: AAMAAABk"),
    "Expect": with_lines(b"Expect: 100-continue", b"Content-Length: 3"),
    "Trailer": with_lines(b"Trailer: X-A"),
    "TE": with_lines(b"TE: trailers"),
    "nothing": b"\r\n\r\n",
    "no end": PLAIN[:-2],
}


@pytest.mark.parametrize("section", SHAPES.values(), ids=SHAPES)
def test_unusual_is_left_to_the_full_parser(section: bytes) -> None:
    """What two parsers might read differently, or is not plain, is not read here."""
    assert read_head(section) is None


@pytest.mark.parametrize(
    "section",
    [
        with_lines(b"X-A:" + b" " * 1_000_000 + b"\x00"),
        with_lines(b"X-A:" + b" \t" * 500_000 + b"\x00"),
        with_lines(b"X-A: " + b"a" * 1_000_000 + b"\x00"),
        with_lines(b"X-A: " + b"a " * 500_000 + b"\x00"),
        with_lines(b"X-A: a" + b" " * 1_000_000 + b"\x00"),
        with_lines(b"a" * 1_000_000),
        with_lines(b"Connection: " + b"," * 1_000_000 + b"x"),
        with_lines(b"Content-Length: " + b"1" * 1_000_000),
        with_lines(start=b"GET /" + b"a" * 1_000_000 + b"\x00 HTTP/1.1"),
        with_lines(start=b"GET /?" + b"?" * 1_000_000 + b"\x00 HTTP/1.1"),
        with_lines(*[b"a"] * 300_000),
    ],
    ids=range(11),
)
def test_refusal_takes_linear_time(section: bytes) -> None:
    """A megabyte made to have patterns backtrack is refused in a moment; squared, it is an hour."""
    began_s = time.process_time()
    assert read_head(section) is None
    assert time.process_time() - began_s < 2
