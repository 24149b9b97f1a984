"""The engine's benchmark measures what it says: whole envelopes, and a loop over the same sum."""

import json
import math

import numpy as np
import pytest

from benchmarks.engine import BATCH, envelopes, loop, measure
from octet.schema import SIGNAL_TYPES
from octet.service.atlas import Atlas
from octet.service.config import DEFAULT_ATLAS
from octet.service.engine import Engine


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(Atlas.load(DEFAULT_ATLAS))


def test_envelopes_say_all_there_is() -> None:
    """Every signal of the contract is told, some of them as missing; a seed gives the same ones."""
    sample = envelopes(40, np.random.default_rng(3))
    assert set(SIGNAL_TYPES) <= set(sample[0].report.signals)
    assert {len(envelope.observed.latency) for envelope in sample} == {1, 3}
    assert all(envelope.observed.tls and envelope.observed.syn for envelope in sample)
    assert sample == envelopes(40, np.random.default_rng(3))


def test_the_loop_is_the_same_sum(engine: Engine) -> None:
    """What is compared is equal: one by one or in arrays, the hypotheses sum to the same."""
    [envelope] = envelopes(1, np.random.default_rng(4))
    found = engine.reason([envelope])
    priors = found.hypotheses
    whole = priors.log_country + priors.log_manner[None, :, :, None, None]
    whole = whole + found.log_exit[:, :, None] + sum(p.log_prob() for p in found.evidence)
    assert loop(engine, envelope) == pytest.approx(math.log(np.exp(whole).sum()), rel=1e-6)


def test_the_figures(engine: Engine) -> None:
    """A run gives every figure as JSON."""
    found = json.loads(json.dumps(measure(seed=1, rounds=1)))
    for name in (
        "verdictAloneMs",
        "verdictInBatchOf64Ms",
        "verdictInFirstBatchesMs",
        "fullSumMs",
        "loopOverHypothesesMs",
    ):
        assert found[name]["min"] <= found[name]["p50"] <= found[name]["p99"]
    assert found["startUp"]["peakMiB"] > 0
    assert len(engine.judge(envelopes(BATCH, np.random.default_rng(1)))) == BATCH
