"""What a customer's backend installs: mint a reference, give it to the page, read the verdict.

    ref = mint_session_ref()
    async with OctetClient("https://octet.example", partner_key="octet_live_…") as octet:
        result = await octet.wait_for_verdict(ref, timeout_s=8.0)

It imports httpx and ``octet.schema`` only, and runs under trio and asyncio.
"""

from octet.client._client import OctetClient
from octet.client._errors import (
    CredentialError,
    InvalidRequestError,
    OctetError,
    ProtocolError,
    RateLimitedError,
    ServiceUnavailableError,
)
from octet.client._session_ref import mint_session_ref
from octet.schema.verdict import Alarm, Location, Pending, Verdict

__all__ = [
    "Alarm",
    "CredentialError",
    "InvalidRequestError",
    "Location",
    "OctetClient",
    "OctetError",
    "Pending",
    "ProtocolError",
    "RateLimitedError",
    "ServiceUnavailableError",
    "Verdict",
    "mint_session_ref",
]
