"""The fixture that pytest finds by itself where this package is installed."""

import os
from collections.abc import Iterator

import pytest

from octet.client.testing._fake import FakeOctet


@pytest.fixture
def fake_octet(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOctet]:
    """A fake Octet service on a free port of loopback, past whatever proxy this machine has."""
    names = [os.environ.get(name, "") for name in ("NO_PROXY", "no_proxy")]
    around = ",".join(["127.0.0.1", *filter(None, names)])
    monkeypatch.setenv("NO_PROXY", around)
    monkeypatch.setenv("no_proxy", around)
    with FakeOctet() as fake:
        yield fake
