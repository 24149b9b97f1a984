"""Django::  python -m examples.frameworks.django_app runserver."""

import atexit
import logging
import os
import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.urls import path

from octet.client import OctetError, OctetSyncClient, Pending, Verdict, mint_session_ref

logger = logging.getLogger(__name__)

settings.configure(
    SECRET_KEY=os.environ["SECRET_KEY"],
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"],
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    OCTET_URL=os.environ["OCTET_URL"],
    OCTET_PARTNER_KEY=os.environ["OCTET_PARTNER_KEY"],
    EDGE_URL=os.environ["EDGE_URL"],
)

octet = OctetSyncClient(settings.OCTET_URL, partner_key=settings.OCTET_PARTNER_KEY)
atexit.register(octet.close)

PAGE = """<!doctype html><title>Checkout</title>
<body data-edge="{edge}" data-ref="{ref}">
<script src="{edge}/octet-collector.js"></script>
<script type="module">
  const {{ edge, ref }} = document.body.dataset;
  await octet.verify({{ apiUrl: edge, sessionRef: ref }}).catch(console.warn);  // and go on
  const reply = await fetch("/decision");
  document.body.append((await reply.json()).decision);
</script>"""


def checkout(request: HttpRequest) -> HttpResponse:
    """Show the page, with a reference of its own."""
    ref = mint_session_ref()  # one a page view, and tied to this visitor
    request.session["octet_ref"] = ref
    return HttpResponse(PAGE.format(edge=settings.EDGE_URL, ref=ref))


def decision(request: HttpRequest) -> HttpResponse:
    """Tell the page what happens next."""
    ref = request.session.get("octet_ref")
    if ref is None:
        return HttpResponseBadRequest()
    return JsonResponse({"decision": read(ref)})


def read(ref: str) -> str:
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


urlpatterns = [path("", checkout), path("decision", decision)]
application = get_wsgi_application()

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
