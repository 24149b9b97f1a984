"""What the service counts, seen where an operator sees it."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trio
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from quart.wrappers import Response

from octet.schema import CODES
from octet.service.app import create_app
from octet.service.bench import Bench
from octet.service.config import ServiceConfig
from octet.service.credentials import Kind
from octet.service.instruments import Instruments
from octet.service.metrics import ServiceMetrics
from octet.service.stores import Stores
from octet.service.verdicts import MemoryStore
from tests.service.fakes import (
    EDGE_FAULTS,
    NOW_MS,
    NOWHERE,
    Cupboard,
    ScriptedJudge,
    batch,
    raw_envelope,
)

REF = "sess_12345678"
Samples = dict[tuple[str, ...], float]


class House:
    """A service, and what it has counted."""

    def __init__(self, directory: Path) -> None:
        self.cupboard = Cupboard(directory / "keyring.json")
        json = {"content-type": "application/json"}
        self.license = {"x-octet-license": self.cupboard.issue(), **json}
        self.key = {"x-octet-partner-key": self.cupboard.issue(Kind.PARTNER)}
        self.registry = CollectorRegistry()
        self.judge = ScriptedJudge()
        self.store = MemoryStore(ttl_s=600)
        self.bench = Bench(self.judge)
        self.app = create_app(
            ServiceConfig(keyring=self.cupboard.file.path),
            self.judge,
            stores=Stores(verdicts=self.store),
            bench=self.bench,
            instruments=Instruments(
                metrics=ServiceMetrics(self.registry, atlas_age_days=lambda: 12)
            ),
            epoch_ms=lambda: NOW_MS,
        )
        self.client = self.app.test_client()

    async def post(self, *raws: Any, **headers: str) -> Response:
        response = await self.client.post(
            "/v1/signals", data=batch(*raws), headers=self.license | headers
        )
        assert isinstance(response, Response)
        return response

    async def read(self, query: str = "", ref: str = REF) -> int:
        response = await self.client.get(f"/v1/verdict/{ref}{query}", headers=self.key)
        return response.status_code

    def samples(self) -> Samples:
        """Return all that is not zero."""
        families = text_string_to_metric_families(generate_latest(self.registry).decode())
        return {
            (sample.name.removeprefix("octet_service_"), *sample.labels.values()): sample.value
            for family in families
            for sample in family.samples
            if sample.value
        }


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    async with house.app.test_app():
        yield house


async def test_verdicts(house: House) -> None:
    """Verdicts count by alarm, those without a country beside, and once however often posted."""
    house.judge.script["b"] = NOWHERE
    for _ in range(2):
        await house.post(raw_envelope("a"), raw_envelope("b"))
    got = house.samples()
    assert got["verdicts_total", "none"] == got["verdicts_total", "high"] == 1
    assert got["abstentions_total",] == 1
    assert got["envelopes_total", "ok"] == 4
    assert (got["batch_envelopes_sum",], got["batch_envelopes_count",]) == (2, 1)
    assert got["engine_seconds_count",] == 1
    assert got["post_seconds_count",] == got["store_seconds_count", "put"] == 2
    assert got["store_seconds_count", "recall"] == 2


async def test_missing_signals(house: House) -> None:
    """A signal that a report lacks counts by name and reason; what is unknown makes no series."""
    raw = raw_envelope("a")
    known = raw["report"]["signals"]
    raw["report"]["signals"] = {
        name: value for name, value in known.items() if name != "languages"
    } | {"webgl": {"missing": "blocked"}, "palm": {"missing": "timeout"}}
    await house.post(raw)
    got = {key[1:]: value for key, value in house.samples().items() if "missing" in key[0]}
    assert got["webgl", "blocked"] == 1
    assert got["languages", "skipped"] == 1
    assert not any("palm" in key for key in got)


async def test_requests(house: House) -> None:
    """Answers count by route and code, a refused credential also by itself."""
    await house.post(raw_envelope("a"), {"v": 2})
    assert await house.read() == 200
    assert await house.read(ref="sess_elsewhere") == 404
    await house.post(**{"x-octet-license": "octet_live_v4.public.none"})
    await house.post()
    await house.client.get("/nowhere/at/all")
    got = house.samples()
    assert {key[1:]: value for key, value in got.items() if key[0] == "requests_total"} == {
        ("ok", "signals"): 1,
        ("ok", "verdict"): 1,
        ("pending", "verdict"): 1,
        ("license_invalid", "signals"): 1,
        ("malformed", "signals"): 1,
        ("not_found", "other"): 1,
    }
    assert got["credentials_refused_total", "license_invalid"] == 1
    assert got["envelopes_total", "malformed"] == 1
    assert got["store_seconds_count", "read"] == 2


async def test_what_is_under_way(house: House) -> None:
    """Posts in work and long polls that wait are there while they are, and gone with them."""
    house.judge.may_judge.clear()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(house.read, "?waitMs=10000")
        nursery.start_soon(house.post, raw_envelope("a"))
        await trio.to_thread.run_sync(house.judge.judging.wait)
        got = house.samples()
        assert got["posts",] == got["long_polls",] == 1
        house.judge.may_judge.set()
    assert not {("posts",), ("long_polls",)} & house.samples().keys()


async def test_an_edge_that_may_be_deployed_wrongly(house: House) -> None:
    """Its faults are counted under its name and its partner's, and no answer tells of them."""
    answer = await house.post(raw_envelope("a"), raw_envelope("b", want=True))
    got, [partner, edge] = house.samples(), ["acme", raw_envelope("a")["edge"]["id"]]
    assert got["edge_faults_total", edge, "fronted", partner] == 2 * EDGE_FAULTS["fronted"]
    assert got["edge_envelopes_total", edge, "fronted", partner] == 2
    assert ("edge_envelopes_total", edge, "misplaced", partner) not in got
    told = (await answer.get_data(as_text=True)) + json.dumps(dict(answer.headers))
    assert not any(fault in told for fault in (*EDGE_FAULTS, edge))


async def test_atlas_age(house: House) -> None:
    """The age of the tables is read when it is asked for."""
    assert house.samples()["atlas_age_days",] == 12


def test_everything_is_there_from_the_start() -> None:
    """Each series is exposed as zero before anything happens, so that a rate sees its first."""
    registry = CollectorRegistry()
    ServiceMetrics(registry)
    text = generate_latest(registry).decode()
    for series in (
        *(f'octet_service_requests_total{{code="{code}",route="keys"}} 0.0' for code in CODES),
        'octet_service_verdicts_total{alarm="medium"} 0.0',
        'octet_service_credentials_refused_total{code="license_revoked"} 0.0',
        'octet_service_signals_missing_total{name="timeZone",reason="blocked"} 0.0',
        'octet_service_faults{part="store"} 0.0',
        "octet_service_atlas_age_days NaN",
    ):
        assert series in text, series
