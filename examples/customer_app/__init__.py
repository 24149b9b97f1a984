"""A customer's app that asks Octet where its visitors are: what an integration looks like.

    app = create_app(Settings(octet_url=…, partner_key=…, visits=[Visit(…)], shapes_file=…))

The way of one visit through the files: `app` mints a reference, ``static/visit.js`` runs the
collector with it, `app` reads the verdict, `policy` decides what it means here.
"""

from examples.customer_app.app import create_app
from examples.customer_app.settings import Settings, Visit

__all__ = ["Settings", "Visit", "create_app"]
