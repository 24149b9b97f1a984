"""Flask::  flask --app examples.frameworks.flask_app run."""

import atexit
import logging
import os
from collections.abc import Mapping

from flask import Flask, abort, session

from octet.client import OctetError, OctetSyncClient, Pending, Verdict, mint_session_ref

logger = logging.getLogger(__name__)

PAGE = """<!doctype html><title>Checkout</title>
<body data-edge="{edge}" data-ref="{ref}">
<script src="{edge}/octet-collector.js"></script>
<script type="module">
  const {{ edge, ref }} = document.body.dataset;
  await octet.verify({{ apiUrl: edge, sessionRef: ref }}).catch(console.warn);  // and go on
  const reply = await fetch("/decision");
  document.body.append((await reply.json()).decision);
</script>"""


def create_app(variables: Mapping[str, str] = os.environ) -> Flask:
    """Make the application; one in each worker that a server forks."""
    app = Flask(__name__)
    app.secret_key = variables["SECRET_KEY"]
    octet = OctetSyncClient(variables["OCTET_URL"], partner_key=variables["OCTET_PARTNER_KEY"])
    atexit.register(octet.close)

    @app.get("/")
    def checkout() -> str:
        session["octet_ref"] = mint_session_ref()  # one a page view, and tied to this visitor
        return PAGE.format(edge=variables["EDGE_URL"], ref=session["octet_ref"])

    @app.get("/decision")
    def decision() -> dict[str, str]:
        ref = session.get("octet_ref") or abort(400)
        return {"decision": read(octet, ref)}

    return app


def read(octet: OctetSyncClient, ref: str) -> str:
    """Return the decision on the visitor behind *ref*, with or without a verdict."""
    try:
        return decide(octet.wait_for_verdict(ref, timeout_s=2.0))
    except OctetError as error:
        logger.warning("no verdict: %s (request %s)", error.code or error, error.request_id)
        return "log"


def decide(answer: Verdict | Pending) -> str:
    """Return what happens with a visitor: this application's own rule."""
    if isinstance(answer, Pending):
        return "log"  # the page did not report: a script blocker, a closed tab, a slow network
    if answer.alarm >= "medium":
        return "challenge"
    return "allow" if answer.is_confident(0.8) else "log"
