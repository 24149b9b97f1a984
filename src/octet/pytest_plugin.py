"""The fixture that pytest finds by itself where this package is installed.

pytest imports this file in every project of such an environment, so it imports nothing that a test
does not ask for.
"""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from octet.client.testing import FakeOctet


@pytest.fixture
def fake_octet(monkeypatch: pytest.MonkeyPatch) -> "Iterator[FakeOctet]":
    """A fake Octet service on a free port of loopback, past whatever proxy this machine has."""
    from octet.client.testing import FakeOctet  # noqa: PLC0415 - only for tests that use it

    names = [os.environ.get(name, "") for name in ("NO_PROXY", "no_proxy")]
    around = ",".join(["127.0.0.1", *filter(None, names)])
    monkeypatch.setenv("NO_PROXY", around)
    monkeypatch.setenv("no_proxy", around)
    with FakeOctet() as fake:
        yield fake
