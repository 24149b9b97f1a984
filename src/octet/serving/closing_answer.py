"""The last answer on a connection whose request nobody reads."""

import secrets
from http.client import responses

from octet.schema import PROBLEM_TYPE, encode, problem


def closing_answer(code: str, *, retry_after_s: int | None = None) -> bytes:
    """Write the problem of *code* as a whole HTTP/1.1 response, after which the server closes."""
    body = problem(code, request_id=secrets.token_hex(8))
    content = encode(body)
    wait = [] if retry_after_s is None else [f"retry-after: {retry_after_s}"]
    head = (
        f"HTTP/1.1 {body.status} {responses[body.status]}",
        *wait,
        f"x-request-id: {body.request_id}",
        "connection: close",
        "cache-control: no-store",
        f"content-type: {PROBLEM_TYPE}",
        f"content-length: {len(content)}",
    )
    return "\r\n".join([*head, "", ""]).encode() + content
