import numpy as np
import pytest

from octet.schema.verdict import Alarm
from octet.service.atlas.container import Array
from octet.service.engine.alarm import HIGH, LOW, MEDIUM, alarms
from octet.service.engine.evidence import Group


def raised(suspicion: float, gains: dict[Group, float]) -> Alarm:
    def without(group: Group, rows: Array) -> Array:
        return np.full(len(rows), 5.0 - gains.get(group, 0.0))

    [alarm] = alarms(np.array([suspicion]), np.array([5.0]), without)
    return alarm


@pytest.mark.parametrize(
    ("suspicion", "alarm"),
    [
        (0.0, Alarm.NONE),
        (LOW - 0.01, Alarm.NONE),
        (LOW, Alarm.LOW),
        (MEDIUM, Alarm.MEDIUM),
        (HIGH - 0.001, Alarm.MEDIUM),
        (HIGH, Alarm.HIGH),
        (1.0, Alarm.HIGH),
    ],
)
def test_thresholds(suspicion: float, alarm: Alarm) -> None:
    """Each level starts at its threshold."""
    assert raised(suspicion, {Group.ADDRESS: 3.0, Group.TIMING: 3.0}) == alarm


def test_high_wants_two_groups() -> None:
    """One group alone, however strong, is medium."""
    assert raised(1.0, {Group.TIMING: 30.0}) == Alarm.MEDIUM
    assert raised(1.0, {Group.TIMING: 30.0, Group.ADDRESS: 1.0}) == Alarm.MEDIUM
    assert raised(1.0, {Group.ENVIRONMENT: 2.0, Group.ADDRESS: 2.0}) == Alarm.HIGH


def test_what_an_edge_does_wrong_supports_nothing() -> None:
    """Evidence about the edge is none about the visitor."""
    assert raised(1.0, {Group.TIMING: 30.0, Group.DEPLOYMENT: 30.0}) == Alarm.MEDIUM
