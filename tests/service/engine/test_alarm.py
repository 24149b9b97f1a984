import attrs
import numpy as np
import pytest

from octet.schema.verdict import Alarm
from octet.service.atlas.container import Array
from octet.service.engine.alarm import HIGH, LOW, MEDIUM, alarms
from octet.service.engine.evidence import Group
from octet.service.engine.facts import Facts

PLAIN = Facts(source_ip="10.0.0.1", received_at_ms=0)


def raised(suspicion: float, gains: dict[Group, float], fact: Facts = PLAIN) -> Alarm:
    def without(group: Group, rows: Array) -> Array:
        return np.full(len(rows), 5.0 - gains.get(group, 0.0))

    [alarm] = alarms(np.array([suspicion]), np.array([5.0]), [fact], without)
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


def test_a_misdeployed_edge_is_low_at_most() -> None:
    """What an edge sees of everybody is no sign about anybody."""
    fronted = attrs.evolve(PLAIN, fronted=True)
    assert raised(1.0, {Group.ADDRESS: 9.0, Group.TIMING: 9.0}, fronted) == Alarm.LOW
    assert raised(0.0, {}, fronted) == Alarm.NONE
