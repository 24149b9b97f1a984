"""References that tie a page's report to the backend that asks for its verdict."""

import secrets

_RANDOM_BYTES = 18
"""144 bits, 24 characters: nobody guesses another visitor's reference."""


def mint_session_ref() -> str:
    """Return a new unguessable reference: ``sess_`` and 24 URL-safe characters."""
    return "sess_" + secrets.token_urlsafe(_RANDOM_BYTES)
