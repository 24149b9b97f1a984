"""The page may reach its own host and the edges, and nothing else."""

from examples.customer_app.content_policy import content_security_policy


def test_edges_are_named_by_origin_for_script_post_and_socket() -> None:
    """Each edge once, without its path, and with the socket's scheme."""
    policy = content_security_policy(
        ["https://shop.example/octet", "https://shop.example/other", "http://127.0.0.1:8080"]
    )
    directives = dict(directive.split(" ", 1) for directive in policy.split("; "))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == "'self' http://127.0.0.1:8080 https://shop.example"
    assert directives["connect-src"] == (
        "'self' http://127.0.0.1:8080 https://shop.example ws://127.0.0.1:8080 wss://shop.example"
    )
    assert "unsafe" not in policy
