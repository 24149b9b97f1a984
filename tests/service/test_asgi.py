"""Under a server that is not ours."""

import socket
from functools import partial
from typing import Any

import httpx
import pytest
import trio
from hypercorn.config import Config
from hypercorn.trio import serve

from octet.service.app import create_app
from octet.service.asgi import LazyApplication
from octet.service.asgi import app as module_app
from octet.service.config import ServiceConfig
from octet.serving import ConfigError
from tests.service.fakes import ScriptedJudge, batch, raw_envelope


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


def outer_addresses() -> list[str]:
    """Return this machine's address on the network, if it is on one; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return []
        return [str(probe.getsockname()[0])]


async def test_open_service_on_all_addresses() -> None:
    """A server that listens to the network makes an open service public to nobody but itself."""
    listener = socket.create_server(("0.0.0.0", 0))  # noqa: S104
    port = listener.getsockname()[1]
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    app: Any = create_app(ServiceConfig(dev=True), ScriptedJudge())
    end = trio.Event()
    async with trio.open_nursery() as nursery, httpx.AsyncClient(trust_env=False) as client:
        await nursery.start(partial(serve, app, config, shutdown_trigger=end.wait))
        for host in ("127.0.0.1", *outer_addresses()):
            refused = host != "127.0.0.1"
            url = f"http://{host}:{port}"
            posted = await client.post(
                f"{url}/v1/signals",
                content=batch(raw_envelope("a")),
                headers={"content-type": "application/json"},
            )
            assert posted.status_code == (401 if refused else 200)
            read = await client.get(f"{url}/v1/verdict/sess_12345678")
            assert read.status_code == (401 if refused else 200)
        end.set()


def test_import_builds_nothing() -> None:
    """To import the module starts nothing."""
    assert module_app._built is None
