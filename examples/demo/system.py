"""The whole system on loopback: service, one edge a session, the customer's app.

The service and the edges are the installed commands with credentials from ``octet-service keys``.
Each session has an edge of its own because ``EXIT_IP`` tells an edge whose address its visitors
have; the edge stands where a customer's nearest edge would stand, so the loopback's round trip is
that of a visitor in the same city.
"""

import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

import trio
from attrs import frozen

from examples.customer_app.app import create_app
from examples.customer_app.settings import Settings, Visit
from examples.demo.process import running
from examples.demo.session import Session
from octet.serving import ServerSettings, listen, serve

PARTNER: Final = "demo"
ROOT: Final = Path(__file__).parents[2]
SHAPES: Final = ROOT / "node_modules/world-atlas/countries-50m.json"


@frozen
class Credentials:
    """What the operator handed to the customer."""

    keyring: Path
    license: str
    partner_key: str


@asynccontextmanager
async def open_system(sessions: Sequence[Session], workplace: Path) -> AsyncIterator[str]:
    """Start everything; yield the URL of the customer's app; end everything.

    Args:
        sessions: an edge is started for each.
        workplace: for the keyring and the programs' logs.
    """
    credentials = await _issue(workplace)
    listener = listen("127.0.0.1", 0)
    app_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with AsyncExitStack() as stack:
        service_url = await stack.enter_async_context(_service(credentials, workplace))
        edges = {
            session.name: await stack.enter_async_context(
                _edge(session, service_url, app_url, credentials, workplace)
            )
            for session in sessions
        }
        settings = Settings(
            octet_url=service_url,
            partner_key=credentials.partner_key,
            visits={s.name: Visit(s.name, s.title, s.story, edges[s.name]) for s in sessions},
            shapes_file=SHAPES,
        )
        await stack.enter_async_context(_app(settings, listener))
        yield app_url


async def _issue(workplace: Path) -> Credentials:
    """Make a keyring, a licence and a partner key with the operator's commands."""
    keyring = workplace / "keyring.json"

    async def keys(*arguments: str) -> str:
        command = [_command("octet-service"), "keys", "--keyring", str(keyring), *arguments]
        done = await trio.run_process(command, capture_stdout=True)
        return str(done.stdout, "utf-8").strip()

    await keys("init")
    return Credentials(
        keyring,
        license=await keys("issue-license", "--partner", PARTNER),
        partner_key=await keys("issue-partner-key", "--partner", PARTNER),
    )


@asynccontextmanager
async def _service(credentials: Credentials, workplace: Path) -> AsyncIterator[str]:
    variables = {"PORT": "0", "OCTET_KEYRING": str(credentials.keyring)}
    command = [_command("octet-service")]
    async with running(command, variables, workplace / "service.log") as url:
        yield url


@asynccontextmanager
async def _edge(
    session: Session, service_url: str, app_url: str, credentials: Credentials, workplace: Path
) -> AsyncIterator[str]:
    variables = {
        "HOST": "127.0.0.1",
        "PORT": "0",
        "OCTET_URL": service_url,
        "LICENSE": credentials.license,
        "ALLOWED_ORIGIN": app_url,
        "EDGE_ID": session.edge_id,
        "EDGE_LOCATION": f"{session.edge_lat},{session.edge_lon}",
        "EXIT_IP": session.source_ip,
    }
    log = workplace / f"edge-{session.name}.log"
    async with running([_command("octet-edge")], variables, log) as url:
        yield url


@asynccontextmanager
async def _app(settings: Settings, listener: socket.socket) -> AsyncIterator[None]:
    stop = trio.Event()
    async with trio.open_nursery() as nursery:
        app = create_app(settings)
        await nursery.start(
            partial(serve, app, listener, ServerSettings(drain_s=1), shutdown=stop.wait)
        )
        yield
        stop.set()


def _command(name: str) -> str:
    """Return the path of a command that was installed beside this interpreter."""
    path = Path(sys.executable).with_name(name)
    if not path.exists():
        raise FileNotFoundError(f"{name} is not installed: run `make setup`")
    return str(path)
