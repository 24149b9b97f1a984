"""What a customer's backend installs: mint a reference, give it to the page, read the verdict.

    ref = mint_session_ref()
    async with OctetClient("https://octet.example", partner_key="octet_live_…") as octet:
        result = await octet.wait_for_verdict(ref, timeout_s=8.0)

`OctetClient` runs under trio and asyncio; `OctetSyncClient` is the same without ``await``. It
imports httpx and ``octet.schema`` only. `octet.client.testing` has a fake service for your tests.
"""

from octet.client._client import OctetClient
from octet.client._errors import (
    CredentialError,
    InvalidRequestError,
    OctetError,
    ProtocolError,
    RateLimitedError,
    ServiceUnavailableError,
    TokenError,
)
from octet.client._public_keys import PublicKeys, verify_token
from octet.client._session_ref import mint_session_ref
from octet.client._sync_client import OctetSyncClient
from octet.client._tokens import VerifiedVerdict
from octet.schema.verdict import Alarm, Location, Pending, Verdict

__all__ = [
    "Alarm",
    "CredentialError",
    "InvalidRequestError",
    "Location",
    "OctetClient",
    "OctetError",
    "OctetSyncClient",
    "Pending",
    "ProtocolError",
    "PublicKeys",
    "RateLimitedError",
    "ServiceUnavailableError",
    "TokenError",
    "Verdict",
    "VerifiedVerdict",
    "mint_session_ref",
    "verify_token",
]
