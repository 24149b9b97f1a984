"""The names of requests."""

import os

import pytest

from octet.serving import request_id


@pytest.mark.parametrize("given", ["edge-request-1", "a" * 64, "A_b-C_d-"])
def test_usable_id_is_kept(given: str) -> None:
    """An id that can stand in a header and a log is kept from hop to hop."""
    assert request_id(given) == given


@pytest.mark.parametrize(
    "given", [None, "", "short", "a" * 65, "has blank", "line\nbreak", "ünïcode1"]
)
def test_other_id_is_replaced(given: str | None) -> None:
    """Any other request gets an id of its own, each another one."""
    made = request_id(given)
    assert made != given
    assert request_id(made) == made
    assert request_id(given) != made


def test_forked_worker_draws_its_own() -> None:
    """What a process has drawn no fork of it hands out again."""
    request_id(None)
    reading, writing = os.pipe()
    if not (child := os.fork()):
        os.write(writing, " ".join(request_id(None) for _ in range(200)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading) as told:
        theirs = told.read().split()
    ours = {request_id(None) for _ in range(200)}
    assert len(ours.union(theirs)) == 400
