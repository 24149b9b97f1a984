"""The lifespan of an application."""

from typing import Any

import pytest
import trio

from octet.serving.lifespan import Lifespan, LifespanError
from tests.serving.app import SmallApp


async def test_start_and_stop() -> None:
    """The application has started when the status says so, and has ended when stop returns."""
    app = SmallApp()
    lifespan = Lifespan(app, {})
    async with trio.open_nursery() as nursery:
        await nursery.start(lifespan.run)
        assert app.lives == ["started"]
        await lifespan.stop()
        assert app.lives == ["started", "stopping"]


@pytest.mark.parametrize("answers", ["lifespan.startup.failed", "lifespan.shutdown.failed"])
async def test_refusal_is_raised(answers: str) -> None:
    """An application that says it cannot start, or not end, is heard."""

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        if answers == "lifespan.shutdown.failed":
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": answers, "message": "no"})

    lifespan = Lifespan(app, {})
    with pytest.RaisesGroup(pytest.RaisesExc(LifespanError, match="no"), flatten_subgroups=True):
        async with trio.open_nursery() as nursery:
            await nursery.start(lifespan.run)
            await lifespan.stop()
