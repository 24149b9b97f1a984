"""The API's document: true of the classes, true of the running service."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import trio
from jsonschema import Draft202012Validator
from quart_trio import QuartTrio
from schemathesis.specs.openapi.definitions import OPENAPI_31
from werkzeug.routing import Rule

import octet.service
from octet.schema import CODES, Batch, Envelope, Results, decode, encode, structure
from octet.schema.verdict import Alarm, Pending, Verdict
from octet.service import examples
from octet.service.app import create_app
from octet.service.config import ServiceConfig
from octet.service.credentials import Kind
from octet.service.openapi import HEADERS, document, render
from octet.service.realm import Realm
from octet.service.status import Health, Ready
from octet.service.stores import Stores
from octet.service.verdicts import MemoryStore
from octet.serving import ServerSettings, listen, serve
from tests.service.fakes import GERMANY, NOW_MS, Cupboard, ScriptedJudge

ROOT = Path(__file__).parents[2]
EDGE_ONLY = {
    "origin_not_allowed",
    "upgrade_required",
    "upstream_rejected",
    "upstream_unavailable",
    "upstream_timeout",
}
ANYWHERE = {"not_found", "method_not_allowed"}
"""What is answered where there is no operation; the document's text tells of them."""

# --- the document --------------------------------------------------------------------------------


def test_the_file_is_up_to_date() -> None:
    """``docs/openapi.json`` holds what the service answers."""
    assert (ROOT / "docs" / "openapi.json").read_text("utf-8") == render()


def test_the_command_writes_the_file(tmp_path: Path) -> None:
    """``python -m octet.service.openapi FILE`` writes it."""
    target = tmp_path / "openapi.json"
    subprocess.run([sys.executable, "-m", "octet.service.openapi", target], check=True)
    assert target.read_text("utf-8") == render()


def test_it_is_openapi() -> None:
    """It is valid by the specification's own schema, and so is each schema in it."""
    drawn = document()
    jsonschema_rs.validator_for(OPENAPI_31).validate(drawn)
    for schema in drawn["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def operations() -> list[tuple[str, str, Any]]:
    return [
        (path, method, operation)
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    ]


def answers() -> list[Any]:
    """Return every response of every operation."""
    return [answer for *_, operation in operations() for answer in operation["responses"].values()]


def contents() -> list[Any]:
    """Return every body, of requests and responses."""
    bodies = [operation.get("requestBody") for *_, operation in operations()]
    holders = [*filter(None, bodies), *answers()]
    return [content for holder in holders for content in holder.get("content", {}).values()]


def test_every_route_is_there(tmp_path: Path) -> None:
    """The document's paths are those that the application serves, with their methods."""

    def told(rule: Rule) -> tuple[str, str]:
        methods = set(rule.methods or ()) - {"HEAD", "OPTIONS"}
        (method,) = methods
        return str(rule).replace("<ref>", "{sessionRef}"), method.lower()

    app, _ = made(tmp_path)
    served = {told(rule) for rule in app.url_map.iter_rules()}
    assert served == {(path, method) for path, method, _ in operations()}


def test_every_code_is_there() -> None:
    """Every problem code that is not the edge's alone stands under its status."""
    found = {
        (code, int(status))
        for *_, operation in operations()
        for status, answer in operation["responses"].items()
        for code in answer.get("content", {})
        .get("application/problem+json", {})
        .get("examples", {})
    }
    wanted = CODES.keys() - EDGE_ONLY - ANYWHERE
    assert found == {(code, CODES[code][0]) for code in wanted}
    assert all(code in document()["info"]["description"] for code in ANYWHERE)


def test_every_answer_names_its_request() -> None:
    """Each answer has the request's id, and what is refused for now says when to ask again."""
    for answer in answers():
        assert "x-request-id" in answer["headers"]
        codes = set(
            answer.get("content", {}).get("application/problem+json", {}).get("examples", {})
        )
        assert ("Retry-After" in answer["headers"]) == bool(codes & {"rate_limited", "overloaded"})
    used = {name for answer in answers() for name in answer["headers"]}
    assert used == set(HEADERS)


def test_examples_are_what_they_show() -> None:
    """Every example fits its schema, and the converter reads it."""
    drawn = document()
    for content in contents():
        validator = Draft202012Validator(content["schema"] | {"components": drawn["components"]})
        shown = content.get("examples", {"only": {"value": content.get("example")}})
        for example in shown.values():
            validator.validate(example["value"])
    structure(Envelope, examples.ENVELOPE)
    assert len(decode(Batch, encode(examples.BATCH)).envelopes) == 1
    structure(Verdict, examples.VERDICT)
    structure(Pending, {"ref": examples.PENDING["ref"]})
    structure(Results, examples.RESULTS)


# --- the service ---------------------------------------------------------------------------------


class Impatient(MemoryStore):
    """Something stands for every second reference, and nobody waits long for the others."""

    async def get(self, realm: Realm, ref: str) -> Verdict | None:
        return GERMANY if len(ref) % 2 else await super().get(realm, ref)

    async def wait(self, realm: Realm, ref: str, timeout_s: float) -> Verdict | None:
        known = await self.get(realm, ref)
        return known or await super().wait(realm, ref, min(timeout_s, 0.01))


def made(directory: Path) -> tuple[QuartTrio, Mapping[str, Mapping[str, str]]]:
    """Make the application; return it with each path's credential."""
    cupboard = Cupboard(directory / "keyring.json")
    app = create_app(
        ServiceConfig(keyring=cupboard.file.path),
        ScriptedJudge(),
        stores=Stores(verdicts=Impatient(ttl_s=600)),
        epoch_ms=lambda: NOW_MS,
    )
    return app, {
        "/v1/signals": {"x-octet-license": cupboard.issue()},
        "/v1/verdict/{sessionRef}": {"x-octet-partner-key": cupboard.issue(Kind.PARTNER)},
    }


@asynccontextmanager
async def served(app: QuartTrio) -> AsyncIterator[str]:
    end = trio.Event()
    async with trio.open_nursery() as nursery:
        run = partial(serve, app, listen("127.0.0.1", 0), ServerSettings(), shutdown=end.wait)
        yield await nursery.start(run)
        end.set()


def configuration(credentials: Mapping[str, Mapping[str, str]]) -> str:
    """Write how to ask: with credentials, and without one check that the contract lifts.

    A bad envelope fails alone, inside a 200: so a batch with bad ones is not refused.
    """
    lines = []
    for path, headers in credentials.items():
        told = ", ".join(f'{name} = "{value}"' for name, value in headers.items())
        lines += ["[[operations]]", f'include-path = "{path}"', f"headers = {{ {told} }}"]
        if path == "/v1/signals":
            lines.append("checks.negative_data_rejection.enabled = false")
    return "\n".join(lines) + "\n"


async def fuzz(directory: Path, app: QuartTrio, headers: Any, *more: str) -> tuple[int, str]:
    """Have schemathesis ask *app* all it can think of; return its status and its words."""
    file = directory / "schemathesis.toml"
    file.write_text(configuration(headers), encoding="utf-8")
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(file), "run"]
    always = ["--generation-deterministic", "--no-color"]
    async with served(app) as url:
        done = await trio.run_process(
            [*command, f"{url}/openapi.json", *always, *more],
            capture_stdout=True,
            check=False,
            cwd=directory,
        )
    return done.returncode, done.stdout.decode()


async def test_fuzz(tmp_path: Path) -> None:
    """Whatever is asked, the service answers as its document says, and never fails."""
    app, headers = made(tmp_path)
    status, text = await fuzz(tmp_path, app, headers, "--max-examples=10")
    assert status == 0, text
    others = len(operations()) - 1  # it does not ask again for the document that it has read
    assert f"{others} passed" in text


def confident(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have verdicts surer than sure."""
    sure = Verdict(country="DE", confidence=2.0, alarm=Alarm.NONE)

    async def get(_store: Any, _realm: Realm, _ref: str) -> Verdict:
        return sure

    monkeypatch.setattr(Impatient, "get", get)


def ajar(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have any partner key open the door."""
    admit = octet.service.credentials.OpenGate.partner_key
    opened = octet.service.credentials.OpenGate()

    def partner_key(_gate: Any, _token: str, *, loopback: bool) -> Any:
        return admit(opened, "", loopback=loopback)

    monkeypatch.setattr(octet.service.credentials.KeyringGate, "partner_key", partner_key)


def lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have long polls fail."""

    async def wait(_store: Any, _realm: Realm, _ref: str, _timeout_s: float) -> None:
        raise RuntimeError

    monkeypatch.setattr(Impatient, "wait", wait)


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        (confident, "Response violates schema"),
        (ajar, "API accepts requests without authentication"),
        (lost, "Server error"),
    ],
)
async def test_faults_are_found(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: Callable[[pytest.MonkeyPatch], None],
    found: str,
) -> None:
    """The test above can fail: a fault that is put in is named."""
    app, headers = made(tmp_path)
    fault(monkeypatch)
    only = "--include-path=/v1/verdict/{sessionRef}"
    status, text = await fuzz(tmp_path, app, headers, only, "--phases=examples,coverage")
    assert status == 1, text
    assert found in text


async def test_known_keys(tmp_path: Path) -> None:
    """Who has the keys already is told so, as the document says."""
    app, _ = made(tmp_path)
    async with app.test_app():
        client = app.test_client()
        first = await client.get("/v1/keys")
        again = await client.get("/v1/keys", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, await again.get_data()) == (304, b"")
    told = document()["paths"]["/v1/keys"]["get"]["responses"]
    for response in (first, again):
        assert all(name in response.headers for name in told[str(response.status_code)]["headers"])


async def test_it_is_served(tmp_path: Path) -> None:
    """Anybody gets the document."""
    app, _ = made(tmp_path)
    response = await app.test_client().get("/openapi.json")
    assert await response.get_data(as_text=True) == render()
    assert response.content_type == "application/json"


def test_status_bodies() -> None:
    """What the service says of itself is what the document says that it says."""
    assert json.loads(encode(Health(ok=True, version="1"))) == {"ok": True, "version": "1"}
    assert json.loads(encode(Ready(ok=False, reasons=("a",)))) == {"ok": False, "reasons": ["a"]}
