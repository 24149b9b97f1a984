"""Problems as an application answers them, in process."""

import pytest
from quart import Response, request
from quart_trio import QuartTrio

from octet.schema import CODES
from octet.service.problems import answer_problems
from octet.serving import ProblemError


def make_app() -> QuartTrio:
    app = QuartTrio("small", static_folder=None)
    answer_problems(app)

    @app.post("/raise")
    async def raise_it() -> Response:
        raise ProblemError(str(await request.get_data(as_text=True)), "why", {"retry-after": "3"})

    return app


@pytest.mark.parametrize("code", CODES)
async def test_every_code(code: str) -> None:
    """Every code is answered with its status, title, detail, request id and headers."""
    response = await make_app().test_client().post("/raise", data=code)
    body = await response.get_json(force=True)
    assert (response.status_code, body["title"]) == CODES[code]
    assert (body["type"], body["detail"]) == (f"urn:octet:problem:{code}", "why")
    assert body["requestId"] == response.headers["x-request-id"]
    assert response.headers["retry-after"] == "3"
    assert response.headers["cache-control"] == "no-store"
    assert response.content_type == "application/problem+json"
