"""Under a server that is not ours."""

from typing import Any

import pytest

from octet.service.asgi import LazyApplication
from octet.service.asgi import app as module_app
from octet.serving import ConfigError


async def nothing() -> Any:
    return {"type": "lifespan.startup"}


class Sent(list[Any]):
    """What an application sends."""

    async def __call__(self, event: Any) -> None:
        self.append(event)


async def test_built_once_and_late() -> None:
    """The application is built for the first event and not before, once."""
    built: list[str] = []

    async def application(scope: Any, _: Any, send: Any) -> None:
        await send(scope["type"])

    def build() -> Any:
        built.append("built")
        return application

    lazy = LazyApplication(build)
    assert built == []
    sent = Sent()
    await lazy({"type": "lifespan"}, nothing, sent)
    await lazy({"type": "http"}, nothing, sent)
    assert sent == ["lifespan", "http"]
    assert built == ["built"]


async def test_faults_are_told() -> None:
    """What is wrong with the configuration is told as a start-up that failed."""

    def build() -> Any:
        raise ConfigError(["PORT must be an integer"])

    sent = Sent()
    await LazyApplication(build)({"type": "lifespan"}, nothing, sent)
    (event,) = sent
    assert event["type"] == "lifespan.startup.failed"
    assert "PORT must be an integer" in event["message"]
    with pytest.raises(ConfigError):
        await LazyApplication(build)({"type": "http"}, nothing, sent)


def test_import_builds_nothing() -> None:
    """To import the module starts nothing."""
    assert module_app._built is None
