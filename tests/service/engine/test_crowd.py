"""A sanity check on simulated visitors; says nothing about accuracy in the world."""

from collections.abc import Iterable

import numpy as np
import pytest

from octet.schema import Envelope
from octet.schema.verdict import Alarm, Verdict
from octet.service.atlas import Atlas
from octet.service.engine import Engine
from tests.service.engine.crowd import Crowd

VISITORS = 600


@pytest.fixture(scope="module")
def crowd(atlas: Atlas) -> Crowd:
    return Crowd(atlas, np.random.default_rng(7))


def judged(engine: Engine, envelopes: Iterable[Envelope]) -> list[Verdict]:
    every = list(envelopes)
    return [v for at in range(0, len(every), 64) for v in engine.judge(every[at : at + 64])]


def share(verdicts: list[Verdict], level: Alarm) -> float:
    return sum(verdict.alarm >= level for verdict in verdicts) / len(verdicts)


def test_people_at_home_are_left_in_peace(engine: Engine, crowd: Crowd) -> None:
    """Few honest visitors alarm, hardly any at medium."""
    verdicts = judged(engine, crowd.honest(VISITORS))
    assert share(verdicts, Alarm.LOW) <= 0.05
    assert share(verdicts, Alarm.MEDIUM) <= 0.01
    assert share(verdicts, Alarm.HIGH) == 0


def test_travellers_are_left_in_peace(engine: Engine, crowd: Crowd) -> None:
    """People abroad whose machines speak of home hardly ever alarm at medium."""
    verdicts = judged(engine, crowd.travellers(VISITORS))
    assert share(verdicts, Alarm.MEDIUM) <= 0.02
    assert share(verdicts, Alarm.HIGH) == 0
