"""A request as the routes see it, and what goes back."""

import json

import pytest

from octet.edge.exchange import Reply, json_reply, problem_reply
from octet.schema import problem
from tests.edge.test_observer import request


def test_header_is_found_by_its_name_in_lower_case() -> None:
    """Of a header that comes twice the first value counts, in whatever case its name is."""
    asked = request(headers=((b"X-A", b"1"), (b"x-a", b"2"), (b"ORIGIN", b"\xe9")))
    assert (asked.header("x-a"), asked.header("origin")) == ("1", "é")
    assert asked.header("cookie") is None


@pytest.mark.parametrize(
    ("query", "arguments"),
    [
        ("", {}),
        ("v", {"v": ""}),
        ("ref=a&ref=b", {"ref": "a"}),
        ("a=%20+%zz&b=%c3%a9&=x", {"a": "  %zz", "b": "é", "": "x"}),
        ("a=%ff", {"a": "\ufffd"}),
        ("&&;=&", {";": ""}),
    ],
)
def test_arguments(query: str, arguments: dict[str, str]) -> None:
    """A query is read leniently: nothing in it is an error, and the first of a name counts."""
    assert request(query=query).arguments == arguments


def test_request_has_one_id() -> None:
    """A request is called by one name throughout: the peer's if it is usable, else a fresh one."""
    named = request(headers=((b"X-Request-Id", b"customer-0001"),))
    assert named.id == named.id == "customer-0001"
    nameless = request()
    assert nameless.id == nameless.id != request().id


def test_replies_are_kept_by_nobody() -> None:
    """What is said to one page is not cached; marks are added, and what was there stays."""
    told = json_reply({"ok": True})
    assert (told.status, json.loads(told.body)) == (200, {"ok": True})
    refused = problem_reply(problem("overloaded", request_id="r-0000001"), {"retry-after": "7"})
    assert (refused.status, refused.content_type) == (503, "application/problem+json")
    for reply in (told, refused):
        assert reply.headers["cache-control"] == "no-store"
        assert reply.marked({"x-request-id": "r"}).headers == {
            **reply.headers,
            "x-request-id": "r",
        }
    assert Reply(204).marked({}) == Reply(204)
