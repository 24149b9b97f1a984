"""The app's routes: a list of visits, a page for each, and the answer that the page waits for."""

import logging
from typing import Any, Final

import httpx
import trio
from markupsafe import Markup
from quart import Response, abort, render_template
from quart_trio import QuartTrio

from examples.customer_app.content_policy import content_security_policy
from examples.customer_app.policy import WITHOUT_VERDICT, decide
from examples.customer_app.sessions import Outcome, Sessions
from examples.customer_app.settings import Settings
from examples.customer_app.topology import read_shapes
from examples.customer_app.world_map import Size, draw_map
from octet.client import OctetClient, OctetError, Pending, Verdict
from octet.schema import unstructure

logger = logging.getLogger(__name__)

MAP_SIZE: Final[Size] = (960, 560)


def create_app(
    settings: Settings, *, transport: httpx.AsyncBaseTransport | None = None
) -> QuartTrio:
    """Make the app that *settings* describe; *transport* stands in for the network in tests."""
    app = QuartTrio(__name__)
    octet = OctetClient(settings.octet_url, partner_key=settings.partner_key, transport=transport)
    app.after_serving(octet.aclose)
    sessions = Sessions()
    _answer_strictly(app, settings)
    _add_pages(app, settings, sessions)
    _add_verdicts(app, settings, sessions, octet)
    return app


def _answer_strictly(app: QuartTrio, settings: Settings) -> None:
    policy = content_security_policy(visit.edge_url for visit in settings.visits.values())

    @app.after_request
    async def mark(response: Response) -> Response:
        response.headers["content-security-policy"] = policy
        response.headers["x-content-type-options"] = "nosniff"
        response.headers["referrer-policy"] = "same-origin"
        return response


def _add_pages(app: QuartTrio, settings: Settings, sessions: Sessions) -> None:
    @app.get("/")
    async def index() -> str:
        visits = [(visit, sessions.last(visit.name)) for visit in settings.visits.values()]
        return await render_template("index.html", visits=visits)

    @app.get("/visit/<name>")
    async def visit_page(name: str) -> Response:
        visit = settings.visits.get(name) or abort(404)
        ref = sessions.open(name)
        page = await render_template("visit.html", visit=visit, ref=ref)
        return Response(page, headers={"cache-control": "no-store"})  # a reference is for one visit


def _add_verdicts(
    app: QuartTrio, settings: Settings, sessions: Sessions, octet: OctetClient
) -> None:
    shapes = read_shapes(settings.shapes_file)

    async def conclude(visit: str, verdict: Verdict) -> Outcome:
        svg = await trio.to_thread.run_sync(  # tens of milliseconds: too long for the event loop
            draw_map,
            shapes,
            verdict.estimated_location,
            verdict.confidence_radius_km,
            verdict.feasible_region,
            MAP_SIZE,
        )
        outcome = Outcome(verdict, decide(verdict), Markup(svg))  # noqa: S704 - drawn above
        sessions.keep(visit, outcome)
        return outcome

    @app.get("/api/verdict/<ref>")
    async def verdict_of(ref: str) -> dict[str, Any]:
        # Only references that this app minted: else anyone could probe others through our key.
        visit = sessions.visit_of(ref) or abort(404)
        try:
            answer = await octet.wait_for_verdict(ref, timeout_s=settings.verdict_wait_s)
        except OctetError as exc:
            logger.warning("no verdict: %s (request %s)", exc.code or exc, exc.request_id)
            return await _without_verdict(error=exc.code or type(exc).__name__)
        if isinstance(answer, Pending):
            return await _without_verdict(pending=True)
        outcome = await conclude(visit, answer)
        return {
            "verdict": unstructure(answer),
            "policy": outcome.decision,
            "card": await render_template("card.html", outcome=outcome),
        }


async def _without_verdict(**state: str | bool) -> dict[str, Any]:
    """Answer all the same: the app must know what to do with a visitor, Octet or not."""
    card = await render_template("no_verdict.html", decision=WITHOUT_VERDICT, **state)
    return {**state, "policy": WITHOUT_VERDICT, "card": card}
