"""What a caller of the client may have to handle, and whose fault it is.

OctetError
 ├─ InvalidRequestError      yours: the reference or the wait is not what the contract says (400)
 ├─ CredentialError          yours: the partner key is missing, invalid or revoked (401, 403)
 ├─ RateLimitedError         yours: too many requests for this key's quota (429)
 ├─ ServiceUnavailableError  ours or the network's: try again later (5xx, time-out, no connection)
 ├─ ProtocolError            a reply that is no contract: is the base URL Octet's?
 └─ TokenError               whoever sent it: a verdict token that proves nothing (no request made)
"""


class OctetError(Exception):
    """There is no answer; the attributes say what is known of why."""

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        """The problem's code, as ``partner_key_revoked``; None when no problem came."""
        self.status = status
        """The HTTP status; None when no reply came."""
        self.request_id = request_id
        """For Octet's support: names the request in the service's logs."""
        self.retry_after_s = retry_after_s
        """Seconds that the service asked to wait before the next try."""


class InvalidRequestError(OctetError):
    """The service would refuse this request, or did; the same request never succeeds."""


class CredentialError(OctetError):
    """The partner key does not open the service."""


class RateLimitedError(OctetError):
    """Too many requests; `retry_after_s` says when the next one is welcome."""


class ServiceUnavailableError(OctetError):
    """The service cannot be reached, is too slow or is failing; the same request may succeed."""


class ProtocolError(OctetError):
    """The reply is none that the contract knows."""


class TokenError(OctetError):
    """A verdict token proves nothing; `code` says which check failed.

    ``token_malformed``, ``token_key_unknown``, ``token_forged``, ``token_expired``,
    ``token_wrong_partner``, ``token_wrong_kind`` (test for live or live for test) or
    ``token_wrong_ref``.
    """
