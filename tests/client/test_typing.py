"""The public API as a type checker sees it: ``make lint`` checks this file, pytest runs it.

An ``ignore`` that ignores nothing is an error there, so each of them shows a mistake being caught.
"""

from collections.abc import Callable
from datetime import datetime
from typing import assert_type

import pytest

from octet.client import (
    Alarm,
    InvalidRequestError,
    Location,
    OctetClient,
    OctetError,
    OctetSyncClient,
    Pending,
    PublicKeys,
    RateLimitedError,
    Verdict,
    VerifiedVerdict,
    mint_session_ref,
    verify_token,
)
from octet.client.testing import FakeOctet, FakeTransport, Request


async def test_the_async_client(fake_octet: FakeOctet) -> None:
    """Its answers are a verdict or a pending, and nothing else."""
    ref = assert_type(mint_session_ref(), str)
    async with OctetClient(fake_octet.url, partner_key=fake_octet.partner_key) as octet:
        assert_type(octet, OctetClient)
        answer = assert_type(await octet.verdict(ref, wait_ms=5), Verdict | Pending)
        assert_type(await octet.wait_for_verdict(ref, timeout_s=0.1), Verdict | Pending)
        if isinstance(answer, Pending):
            assert_type(answer, Pending)
            assert_type(answer.ref, str)
        else:
            assert_type(answer, Verdict)
        with pytest.raises(InvalidRequestError):
            await octet.verdict(7)  # type: ignore[arg-type]
        with pytest.raises(AttributeError):
            _ = answer.country  # type: ignore[union-attr]


def test_the_sync_client(fake_octet: FakeOctet) -> None:
    """The same without ``await``."""
    with OctetSyncClient(fake_octet.url, partner_key=fake_octet.partner_key) as octet:
        assert_type(octet, OctetSyncClient)
        assert_type(octet.verdict("sess_12345678"), Verdict | Pending)
        assert_type(octet.wait_for_verdict("sess_12345678", timeout_s=0.1), Verdict | Pending)
        assert_type(octet.close(), None)
    with pytest.raises(TypeError):
        OctetSyncClient(fake_octet.url)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        OctetSyncClient(fake_octet.url, "key")  # type: ignore[call-arg]


def test_a_verdict() -> None:
    """Each member has its type; a verdict does not change."""
    verdict = Verdict(country="DE", confidence=0.9, alarm=Alarm.LOW)
    assert_type(verdict.country, str | None)
    assert_type(verdict.confidence, float)
    assert_type(verdict.alarm, Alarm)
    assert_type(verdict.alarm >= "medium", bool)
    assert_type(verdict.estimated_location, Location | None)
    assert_type(verdict.confidence_radius_km, float | None)
    assert_type(verdict.feasible_region, tuple[Location, ...] | None)
    assert_type(verdict.device_key, str | None)
    assert_type(verdict.token, str | None)
    assert_type(verdict.is_confident(0.8), bool)
    with pytest.raises(AttributeError):
        verdict.country = "FR"  # type: ignore[misc]


def test_errors() -> None:
    """What is known of an error has a type, too."""
    error: OctetError = RateLimitedError("slow down", retry_after_s=1.0)
    assert_type(error.code, str | None)
    assert_type(error.status, int | None)
    assert_type(error.request_id, str | None)
    assert_type(error.retry_after_s, float | None)


def test_tokens() -> None:
    """Verification is a plain function."""
    check: Callable[[str], VerifiedVerdict] = lambda token: verify_token(  # noqa: E731 - for its type
        token, keys=["k4.public.x"], partner="acme", ref="sess_12345678"
    )
    assert callable(check)

    def read(verified: VerifiedVerdict, keys: PublicKeys) -> None:
        assert_type(verified.verdict, Verdict)
        assert_type(verified.ref, str)
        assert_type(verified.expires_at, datetime)
        assert_type(keys.find("k4.pid.x"), str | None)


def test_the_fake(fake_octet: FakeOctet) -> None:
    """Tests are typed like everything else."""
    assert_type(fake_octet.url, str)
    assert_type(fake_octet.transport, FakeTransport)
    assert_type(list(fake_octet.requests), list[Request])
    with pytest.raises(TypeError):
        fake_octet.answer("sess_12345678", land="DE")  # type: ignore[call-arg]
