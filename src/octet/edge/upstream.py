"""The service as the edge reaches it: one batch a request, by one httpx client.

A request over a kept connection meets, now and then, a service that has just closed it. Where not a
byte of an answer had come, the request is made once more over a new connection: the ids of the
reports make that harmless, and no page pays for it.
"""

import logging
import secrets
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

import httpx
import trio

from octet import __version__
from octet.edge import upstream_log
from octet.edge.batch_names import BatchNames
from octet.edge.circuit import Circuit
from octet.edge.clock import EpochMs, epoch_ms
from octet.edge.config import EdgeConfig
from octet.edge.kept_connections import KeptConnections, StaleConnectionError
from octet.edge.outcome import (
    NONSENSE,
    TIMED_OUT,
    UNREACHABLE,
    Outcome,
    outcomes_of,
    problem_code,
    retry_after_s,
)
from octet.edge.relay import Forward
from octet.edge.signature import SigningKey, content_digest, sign
from octet.edge.upstream_log import UpstreamLog
from octet.serving import ConfigError
from octet.serving.trace_context import TRACEPARENT

logger = logging.getLogger(__name__)

PROBE_TIMEOUT_S: Final = 3.0


class _NoCookies(httpx.Cookies):
    def extract_cookies(self, response: httpx.Response) -> None:
        """Take none: the service sets none, and the transport drops those of hops on the way."""


class _Client(httpx.AsyncClient):
    """httpx's client, which looks for no cookies: that was a tenth of a post that travels alone."""

    _none = _NoCookies()

    @property
    def cookies(self) -> httpx.Cookies:
        """None, ever."""
        return self._none

    @cookies.setter
    def cookies(self, _: object) -> None:
        raise AttributeError("this client keeps no cookies")


class Upstream:
    """Posts batches to the service that *config* names.

    Args:
        config: of the edge.
        trust: whom to believe that it is the service, and what to show it.
        now_ms: the wall clock, for signatures.
    """

    circuit: Circuit
    """What posts and probes have learnt of the service's health."""

    def __init__(self, config: EdgeConfig, trust: ssl.SSLContext, now_ms: EpochMs) -> None:
        base = httpx.URL(config.octet_url)
        self._connections = KeptConnections(trust)
        self._client = _Client(
            base_url=base.copy_with(host=base.raw_host.decode("ascii").lower()),
            headers={"user-agent": f"octet-edge/{__version__}", "accept-encoding": "identity"},
            transport=self._connections,
            timeout=None,  # owned by `post` and `reachable`
            trust_env=False,
        )
        licence = {} if config.license is None else {"x-octet-license": config.license}
        self._model = self._client.build_request(
            "POST", "/v1/signals", headers={"content-type": "application/json", **licence}
        )
        del self._model.headers["content-length"]
        self._key = config.signing_key
        self._timeout_s = config.relay_timeout_ms / 1000
        self._now_ms = now_ms
        self._log = UpstreamLog(trio.current_time)
        self.circuit = Circuit(trio.current_time)

    async def post(self, batch: Sequence[Forward]) -> list[Outcome]:
        """Deliver *batch*; return one outcome each, in order. Raises nothing of the network's.

        Cancellation: the service may or may not have the batch; the same ids are harmless.
        Timeout: owned here, from the first byte to the last.
        """
        ids = [forward.id for forward in batch]
        names = BatchNames.of(batch)
        failure, fault = TIMED_OUT, upstream_log.TIMED_OUT
        with trio.move_on_after(self._timeout_s):
            try:
                reply = await self._forward([forward.envelope for forward in batch], names)
            except httpx.TransportError:
                failure, fault = UNREACHABLE, upstream_log.UNREACHABLE
            else:
                outcomes = outcomes_of(reply.status_code, reply.headers, reply.content, ids)
                fit = reply.status_code == httpx.codes.OK and outcomes != [NONSENSE] * len(ids)
                self._learn(reply, names.request_id, fit=fit)
                return outcomes
        self.circuit.failed()
        self._log.posted(fault, names.request_id)
        return [failure] * len(batch)

    async def reachable(self) -> bool:
        """Ask whether the service lives; and if it refused this edge, whether it still does.

        Timeout: owned here, `PROBE_TIMEOUT_S`.
        """
        fault = upstream_log.TIMED_OUT
        with trio.move_on_after(PROBE_TIMEOUT_S):
            try:
                reply = await self.ask_health()
                if reply.is_success:
                    self.circuit.probed()
                    await self._ask_again()
            except httpx.TransportError:
                fault = upstream_log.UNREACHABLE
            else:
                return reply.is_success
        self.circuit.failed()
        self._log.probed(fault)
        return False

    async def ask_health(self) -> httpx.Response:
        """Ask whether the service lives. Timeout: the caller's.

        Raises:
            httpx.TransportError: there was no reply.
        """
        return await self._send(lambda: self._client.build_request("GET", "/health"))

    async def post_nothing(self, names: BatchNames) -> httpx.Response:
        """Post an empty batch, in all else as `post` does: nothing is judged, nothing is kept.

        The service looks at the licence before it looks at the body, so whose licence it takes is
        told that the batch is malformed. Timeout: the caller's.

        Raises:
            httpx.TransportError: there was no reply.
        """
        return await self._forward([], names)

    def secure(self, trust: ssl.SSLContext) -> None:
        """Make new connections as *trust* secures them, and send nothing more over older ones."""
        self._connections.secure(trust)

    async def close(self) -> None:
        """Close the connections that no request uses."""
        await self._client.aclose()

    async def _ask_again(self) -> None:
        """Ask a service that refused this edge for its licence, so that it needs no traffic to
        recover.
        """
        if not self.circuit.denied:
            self._log.probed(None)
            return
        names = BatchNames.of([])
        reply = await self.post_nothing(names)
        fit = reply.status_code in {httpx.codes.OK, httpx.codes.BAD_REQUEST}
        self._learn(reply, names.request_id, fit=fit)

    def _learn(self, reply: httpx.Response, request_id: str, *, fit: bool) -> None:
        """Note an answer to a post; *fit* is one that a service that takes reports would give."""
        status = reply.status_code
        self.circuit.answered(status)
        if status in {429, 503}:
            self.circuit.pause(retry_after_s(reply.headers) or 0)
        fault = None if fit else upstream_log.refused(status, problem_code(reply.content))
        self._log.posted(fault, request_id)

    async def _forward(self, envelopes: Sequence[bytes], names: BatchNames) -> httpx.Response:
        """Post *envelopes*.

        Raises:
            httpx.TransportError: there was no reply.
        """
        body = b'{"envelopes":[' + b",".join(envelopes) + b"]}"
        return await self._send(lambda: self._post(body, names))

    async def _send(self, build: Callable[[], httpx.Request]) -> httpx.Response:
        """Send a request; where its connection turns out to be stale, once more over a new one.

        It is built anew then, since a signature's nonce is good once.

        Raises:
            httpx.TransportError: there was no reply.
        """
        try:
            return await self._client.send(build())
        except StaleConnectionError:
            return await self._client.send(build())

    def _post(self, body: bytes, names: BatchNames) -> httpx.Request:
        """Build a post, with the licence, and if there is a key with its signature."""
        named = [(b"x-request-id", names.request_id.encode())]
        if names.trace is not None:
            named.append((TRACEPARENT.encode(), str(names.trace).encode()))
        headers = [*self._model.headers.raw, *named]
        request = httpx.Request("POST", self._model.url, content=body, headers=headers)
        if self._key is not None:
            request.headers["content-digest"] = content_digest(body)
            request.headers.update(self._signature(self._key, request))
        return request

    def _signature(self, key: SigningKey, request: httpx.Request) -> Mapping[str, str]:
        components = {
            **request.headers,
            "@method": request.method,
            "@authority": request.headers["host"],
            "@path": request.url.raw_path.decode("ascii"),
        }
        created_s, nonce = self._now_ms() // 1000, secrets.token_urlsafe(16)
        return sign(key, components, created_s=created_s, nonce=nonce)


def read_trust(config: EdgeConfig) -> ssl.SSLContext:
    """Read which certificate authorities may vouch for the service, and the edge's own certificate.

    Raises:
        ConfigError: a file does not hold what it should.
    """
    faults = []
    try:
        context = ssl.create_default_context(cafile=config.ca_file)
    except OSError:  # SSLError is one
        context = ssl.create_default_context()
        faults.append("OCTET_CA_FILE holds no certificate")
    if config.client_files is not None:
        chain, key = config.client_files
        try:
            context.load_cert_chain(chain, key, password="")  # so that OpenSSL asks no terminal
        except OSError:
            pair = "EDGE_CLIENT_CERT_FILE and EDGE_CLIENT_KEY_FILE"
            faults.append(f"{pair} are no certificate chain and its unencrypted key")
    if faults:
        raise ConfigError(faults)
    return context


@asynccontextmanager
async def open_upstream(
    config: EdgeConfig, trust: ssl.SSLContext, now_ms: EpochMs = epoch_ms
) -> AsyncIterator[Upstream]:
    """Open the way to the service that *config* names, as *trust* secures it."""
    if (key := config.signing_key) is not None:
        logger.info("forwards are signed: key id %s, public key %s", key.key_id, key.public)
    upstream = Upstream(config, trust, now_ms)
    try:
        yield upstream
    finally:
        await upstream.close()
