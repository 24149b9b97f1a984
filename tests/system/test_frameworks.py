"""The page of the framework examples, in real browsers, before a real edge."""

import ast
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from werkzeug.serving import WSGIRequestHandler, make_server

from benchmarks.browsers import Browsers, Visit
from examples.frameworks.flask_app import PAGE, create_app
from octet.client.testing import FakeOctet
from octet.schema.verdict import Alarm, Verdict
from tests.edge.fakes import FakeService
from tests.system.conftest import running_edge
from tests.system.site import MOUNTED

EXAMPLES = Path(__file__).parents[2] / "examples" / "frameworks"
SHOWN = """new Promise(done => {
    const text = () => document.body.innerText.trim();
    const look = () => text() ? done(text()) : setTimeout(look, 20);
    look();
})"""
"""What the page shows, once it shows something."""


class Quiet(WSGIRequestHandler):
    """Logs no request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@contextmanager
def serving(variables: dict[str, str]) -> Iterator[str]:
    """Serve the Flask example; gives its URL."""
    server = make_server(
        "127.0.0.1", 0, create_app(variables), threaded=True, request_handler=Quiet
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_a_visit(
    browsers: Browsers, browser: str, service: FakeService, tmp_path: Path
) -> None:
    """The page reports under the reference it was given, and shows what the backend decided."""
    async with running_edge(service.url, tmp_path / "edge.log", ALLOWED_ORIGIN="*") as edge_url:
        with FakeOctet() as fake:
            fake.default = Verdict(country="DE", confidence=0.91, alarm=Alarm.NONE)
            variables = {
                "OCTET_URL": fake.url,
                "OCTET_PARTNER_KEY": fake.partner_key,
                "EDGE_URL": edge_url + MOUNTED,
                "SECRET_KEY": "of the session cookie",
            }
            with serving(variables) as url:
                seen = await browsers.visit(Visit(browser=browser, url=url, expression=SHOWN))
            (request,) = fake.requests
    assert seen.value == "allow"
    assert seen.errors == ()
    (envelope,) = service.envelopes
    assert envelope["sessionRef"] == request.ref


def test_all_examples_have_the_same_page() -> None:
    """What is shown of one of them holds for all."""
    pages = [
        ast.literal_eval(node.value)
        for file in EXAMPLES.glob("*_app.py")
        for node in ast.parse(file.read_text("utf-8")).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PAGE"
    ]
    assert pages == [PAGE] * 5
