"""The service as the edge reaches it: one httpx client, one batch a request."""

import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx
import trio

from octet.edge.config import EdgeConfig
from octet.edge.outcome import TIMED_OUT, UNREACHABLE, Outcome, outcomes_of
from octet.edge.relay import Forward
from octet.serving import ConfigError

PROBE_TIMEOUT_S = 3.0


class Upstream:
    """Posts batches to the service.

    Args:
        client: whose base URL is the service's.
        timeout_s: for one batch, from the first byte to the last.
    """

    def __init__(self, client: httpx.AsyncClient, timeout_s: float) -> None:
        self._client = client
        self._timeout_s = timeout_s

    async def post(self, batch: Sequence[Forward]) -> list[Outcome]:
        """Deliver *batch*; return one outcome each, in order. Raises nothing of the network's.

        Cancellation: the service may or may not have the batch; the same ids are harmless.
        Timeout: owned here.
        """
        body = b'{"envelopes":[' + b",".join(forward.envelope for forward in batch) + b"]}"
        with trio.move_on_after(self._timeout_s):
            try:
                reply = await self._client.post("/v1/signals", content=body)
            except httpx.TimeoutException:
                return [TIMED_OUT] * len(batch)
            except (httpx.HTTPError, ssl.SSLError):
                return [UNREACHABLE] * len(batch)
            ids = [forward.id for forward in batch]
            return outcomes_of(reply.status_code, reply.headers, reply.content, ids)
        return [TIMED_OUT] * len(batch)

    async def reachable(self) -> bool:
        """Ask whether the service lives."""
        try:
            reply = await self._client.get("/health", timeout=PROBE_TIMEOUT_S)
        except (httpx.HTTPError, ssl.SSLError):
            return False
        return reply.is_success


def read_trust(config: EdgeConfig) -> ssl.SSLContext:
    """Read which certificate authorities may vouch for the service.

    Raises:
        ConfigError: the file holds none.
    """
    try:
        return ssl.create_default_context(cafile=config.ca_file)
    except ssl.SSLError as exc:
        raise ConfigError(["OCTET_CA_FILE holds no certificate"]) from exc


@asynccontextmanager
async def open_upstream(config: EdgeConfig, trust: ssl.SSLContext) -> AsyncIterator[Upstream]:
    """Open the client that *config* describes, which believes whom *trust* believes."""
    headers = {"content-type": "application/json"}
    if config.license is not None:
        headers["x-octet-license"] = config.license
    timeout_s = config.relay_timeout_ms / 1000
    async with httpx.AsyncClient(
        base_url=config.octet_url,
        headers=headers,
        timeout=timeout_s,
        verify=trust,
        follow_redirects=False,
        trust_env=False,
    ) as client:
        yield Upstream(client, timeout_s)
