"""The service over HTTP: posts from edges, reads from backends.

This file translates: requests into calls, results and errors into responses. What leaves through it
is a verdict, a pending, or a problem; none of them says why.
"""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable

import trio
from quart import Response, g, request
from quart_trio import QuartTrio

import octet
from octet.schema import MAX_BATCH_BYTES, Refused, Results, SchemaError, encode, structure
from octet.schema.verdict import Pending, Verdict
from octet.service import clock
from octet.service.batch import detail
from octet.service.bench import Bench
from octet.service.config import ServiceConfig
from octet.service.credentials import (
    Admission,
    Gate,
    Keyring,
    KeyringFile,
    KeyringGate,
    KeyringWatch,
    OpenGate,
    RefusedError,
)
from octet.service.credentials.instant import to_text
from octet.service.credentials.post import Post
from octet.service.credentials.signatures import Signatures
from octet.service.device import DeviceKeys
from octet.service.errors import JudgeFailedError, OverloadedError
from octet.service.fixtures import Fixtures, fixture_of
from octet.service.instruments import Instruments
from octet.service.intake import Intake
from octet.service.issuer import Issuer
from octet.service.judge import Judge
from octet.service.loopback import came_by_loopback
from octet.service.metrics import OK, PENDING, ServiceMetrics
from octet.service.openapi import render
from octet.service.problems import answer_problems, problem_response
from octet.service.quotas import Allowance
from octet.service.readiness import Readiness
from octet.service.realm import Realm
from octet.service.status import Health, Ready
from octet.service.stores import REACHED_S, Stores, open_stores
from octet.service.verdicts.token import VerdictTokens
from octet.serving import ProblemError

logger = logging.getLogger(__name__)

BODY_S = 15
"""From a post's header to the end of its body, seconds."""
MAX_WAIT_MS = 10_000
"""The longest long poll, milliseconds; who asks for more gets this."""
MAX_WAIT_DIGITS = 18
KEYS_MAX_AGE_S = 60
"""How long others may keep the public keys, seconds; `PUBLISHED_MS` is longer."""
RETRY_AFTER = {"retry-after": "1"}


def create_app(  # noqa: PLR0913 - parts that can be given
    config: ServiceConfig,
    judge: Judge,
    *,
    stores: Stores | None = None,
    bench: Bench | None = None,
    instruments: Instruments | None = None,
    epoch_ms: Callable[[], int] = clock.epoch_ms,
) -> QuartTrio:
    """Make the application.

    Args:
        config: says where the keyring is and how long verdicts are held.
        judge: the engine.
        stores: what is kept between requests; default: where *config* says.
        bench: where *judge* sits; default: a bench of the usual size.
        instruments: watch what happens; default: ones that nobody asks.
        epoch_ms: the wall clock, for the window of credentials.

    Raises:
        KeyringError: the keyring cannot be used.
    """
    instruments = instruments or Instruments()
    watch = _watch(config)
    keyring = _keyring(watch, epoch_ms)
    tokens = VerdictTokens(keyring, ttl_s=config.verdict_ttl_s, epoch_ms=epoch_ms)
    stores = stores or open_stores(config.store, ttl_s=config.verdict_ttl_s)
    routes = _Routes(
        gate=KeyringGate(watch, epoch_ms=epoch_ms) if watch else OpenGate(),
        stores=stores,
        bench=bench or Bench(judge),
        instruments=instruments,
        issuer=Issuer(tokens, DeviceKeys(keyring)),
        signatures=Signatures(stores.nonces),
        fixtures=Fixtures(stores.first_reads, epoch_ms=epoch_ms),
    )
    app = QuartTrio("octet.service", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BATCH_BYTES
    app.config["BODY_TIMEOUT"] = BODY_S
    answer_problems(app)
    _answer_errors(app, instruments.metrics)
    _count_requests(app, instruments.metrics)
    _tell_allowance(app)
    instruments.tracing.install(app)
    _keep_running(app, stores.run, *([watch.run] if watch else []))
    _await_stores(app, stores)
    _keep_running(app, routes.readiness.run)  # last: what has not begun yet is not ready
    app.add_url_rule("/v1/signals", view_func=routes.signals, methods=["POST"])
    app.add_url_rule("/v1/verdict/<ref>", view_func=routes.verdict, methods=["GET"])
    app.add_url_rule("/v1/keys", view_func=routes.keys, methods=["GET"])
    app.add_url_rule("/openapi.json", view_func=routes.openapi, methods=["GET"])
    app.add_url_rule("/health", view_func=routes.health, methods=["GET"])
    app.add_url_rule("/ready", view_func=routes.ready, methods=["GET"])
    return app


class _Routes:
    """The handlers, and what they share."""

    def __init__(  # noqa: PLR0913 - parts, by name
        self,
        *,
        gate: Gate,
        stores: Stores,
        bench: Bench,
        instruments: Instruments,
        issuer: Issuer,
        signatures: Signatures,
        fixtures: Fixtures,
    ) -> None:
        self._gate = gate
        self._store = stores.verdicts
        self._quotas = stores.quotas
        self._bench = bench
        self._instruments = instruments
        self._issuer = issuer
        self._signatures = signatures
        self._fixtures = fixtures
        self._intake = Intake(bench, stores.verdicts, issuer, instruments)
        parts = {"keyring": gate.fault, "store": stores.verdicts.fault, "bench": bench.fault}
        self._openapi = render().encode()
        self.readiness = Readiness(parts, instruments.metrics)

    async def signals(self) -> Response:
        """``POST /v1/signals``: the licence first, so that only customers cost us a body."""
        licence = request.headers.get("x-octet-license", "")
        admitted = self._gate.license(licence, Post.of(request.scope))
        await self._count(admitted)
        if request.mimetype != "application/json":
            raise ProblemError("unsupported_media_type")
        with self._bench.seat(_size(request.content_length)), self._instruments.posting():
            body = await request.get_data(cache=False, as_text=False, parse_form_data=False)
            if admitted.signature is not None:
                await self._signatures.spend(admitted.signature, body)
            results = await self._intake.take(admitted.realm, body, g.request_id)
        _log_refusals(results)
        return _json(encode(results))

    async def verdict(self, ref: str) -> Response:
        """``GET /v1/verdict/{ref}``: whatever is not there to be read is pending, for one body."""
        key = request.headers.get("x-octet-partner-key", "")
        admitted = self._gate.partner_key(key, loopback=came_by_loopback(request.scope))
        await self._count(admitted)
        pending = structure(Pending, {"ref": ref})
        wait_s = _wait_ms(request.args.get("waitMs")) / 1000
        fixture = None if admitted.realm.live else fixture_of(ref)
        if fixture is not None:
            verdict = await self._fixtures.wait(admitted.realm, ref, fixture, wait_s)
        else:
            verdict = await self._read(admitted.realm, ref, wait_s)
        if verdict is None:
            g.code = PENDING
            return _json(encode({"status": "pending", "ref": pending.ref}), status=404)
        return _json(encode(self._issuer.standing(admitted.realm, ref, verdict)))

    async def keys(self) -> Response:
        """``GET /v1/keys``: what verifies verdict tokens; for everybody, and to be kept a while."""
        response = _json(encode(self._issuer.tokens.published()))
        response.headers["cache-control"] = f"public, max-age={KEYS_MAX_AGE_S}"
        await response.add_etag()
        return await response.make_conditional(request)

    async def _count(self, admitted: Admission) -> None:
        """Count a request against its credential's quota; one past it is refused."""
        claims = admitted.claims
        if claims is None or claims.quota is None:
            return
        g.allowance = await self._quotas.take(claims.jti, claims.quota)
        if g.allowance is not None and not g.allowance.admitted:
            raise ProblemError("rate_limited")

    async def _read(self, realm: Realm, ref: str, wait_s: float) -> Verdict | None:
        """Return what stands for *ref* within *wait_s*."""
        if wait_s == 0:
            with self._instruments.storing("read"):
                return await self._store.get(realm, ref)
        with self._instruments.waiting():
            return await self._store.wait(realm, ref, wait_s)

    async def openapi(self) -> Response:
        """``GET /openapi.json``: what all of this is."""
        return _json(self._openapi)

    async def health(self) -> Response:
        """``GET /health``: the process lives."""
        return _json(encode(Health(ok=True, version=octet.__version__)))

    async def ready(self) -> Response:
        """``GET /ready``: it can do its work, or why not."""
        reasons = self.readiness.reasons()
        body = encode(Ready(ok=not reasons, reasons=tuple(reasons)))
        return _json(body, status=503 if reasons else 200)


def _size(content_length: int | None) -> int:
    """Return how large a body may become; what announces too much is refused before that."""
    return min(MAX_BATCH_BYTES if content_length is None else content_length, MAX_BATCH_BYTES)


def _watch(config: ServiceConfig) -> KeyringWatch | None:
    """Read the keyring, if there is one."""
    if config.keyring is None:
        return None
    return KeyringWatch(KeyringFile(config.keyring), monotonic=trio.current_time)


def _keyring(watch: KeyringWatch | None, epoch_ms: Callable[[], int]) -> Callable[[], Keyring]:
    """Return what gives the keyring in force; without one, keys that end with this process."""
    if watch is not None:
        return lambda: watch.keyring
    own = Keyring.fresh(to_text(epoch_ms()))
    return lambda: own


def _keep_running(app: QuartTrio, *tasks: Callable[[], Awaitable[None]]) -> None:
    """Run *tasks* from the start of serving to its end, in the lifespan's own nursery."""
    scope = trio.CancelScope()

    async def run() -> None:
        with scope:
            async with trio.open_nursery() as nursery:
                for task in tasks:
                    nursery.start_soon(task)

    @app.before_serving
    async def begin() -> None:
        app.nursery.start_soon(run)

    @app.after_serving
    async def end() -> None:
        scope.cancel()


def _await_stores(app: QuartTrio, stores: Stores) -> None:
    """Give the store a moment to be there for the first request."""

    @app.before_serving
    async def reach() -> None:
        with trio.move_on_after(REACHED_S):
            await stores.reached()


def _log_refusals(results: Results) -> None:
    """Let an operator follow a refused report: the line has the request id of its edge."""
    codes = Counter(item.problem.code for item in results.results if isinstance(item, Refused))
    if codes:
        told = ", ".join(f"{count} × {code}" for code, count in sorted(codes.items()))
        total = len(results.results)
        logger.info("refused of %d envelopes: %s", total, told)


def _count_requests(app: QuartTrio, metrics: ServiceMetrics) -> None:
    """Count what each answer said."""

    @app.after_request
    async def count(response: Response) -> Response:
        metrics.requests.count(request.endpoint or "other", g.get("code", OK))
        return response


def _tell_allowance(app: QuartTrio) -> None:
    """Tell whoever was counted what is left to them, whatever the answer is."""

    @app.after_request
    async def tell(response: Response) -> Response:
        allowance: Allowance | None = g.get("allowance")
        if allowance is not None:
            response.headers.update(allowance.headers())
        return response


def _answer_errors(app: QuartTrio, metrics: ServiceMetrics) -> None:
    """Give each of our errors its problem."""

    @app.errorhandler(RefusedError)
    async def refused(error: RefusedError) -> Response:
        metrics.credentials_refused.count(error.code)
        return problem_response(ProblemError(error.code))

    @app.errorhandler(SchemaError)
    async def unreadable(error: SchemaError) -> Response:
        return problem_response(ProblemError(error.code, detail(error)))

    @app.errorhandler(OverloadedError)
    async def overloaded(error: OverloadedError) -> Response:
        return problem_response(ProblemError("overloaded", str(error), RETRY_AFTER))

    @app.errorhandler(JudgeFailedError)
    async def failed(_: JudgeFailedError) -> Response:
        return problem_response(ProblemError("internal"))


def _json(body: bytes, *, status: int = 200) -> Response:
    return Response(
        body,
        status=status,
        content_type="application/json",
        headers={"cache-control": "no-store"},
    )


def _wait_ms(text: str | None) -> int:
    """Return how long a read may wait, milliseconds."""
    if text is None:
        return 0
    if not (text.isascii() and text.isdigit()):
        raise ProblemError("malformed", "waitMs: must be an integer from 0 to 10000")
    return min(int(text), MAX_WAIT_MS) if len(text) <= MAX_WAIT_DIGITS else MAX_WAIT_MS
