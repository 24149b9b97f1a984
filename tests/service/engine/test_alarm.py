import numpy as np
import pytest

from octet.schema.verdict import Alarm
from octet.service.atlas.container import Array
from octet.service.engine.alarm import SUPPORT, alarms
from octet.service.engine.evidence import Group
from octet.service.engine.fitted import FITTED
from octet.service.engine.model import Thresholds

THRESHOLDS = Thresholds(low=-2.0, medium=0.5, high=3.0)


def raised(suspicion: float, gains: dict[Group, float]) -> Alarm:
    def by_group(rows: Array) -> Array:
        return np.array([[gains.get(group, 0.0)] * len(rows) for group in SUPPORT])

    [alarm] = alarms(np.array([suspicion]), by_group, THRESHOLDS)
    return alarm


@pytest.mark.parametrize(
    ("suspicion", "alarm"),
    [
        (-30.0, Alarm.NONE),
        (-2.01, Alarm.NONE),
        (-2.0, Alarm.LOW),
        (0.5, Alarm.MEDIUM),
        (2.99, Alarm.MEDIUM),
        (3.0, Alarm.HIGH),
        (30.0, Alarm.HIGH),
    ],
)
def test_thresholds(suspicion: float, alarm: Alarm) -> None:
    """Each level starts at its threshold."""
    assert raised(suspicion, {Group.ADDRESS: 3.0, Group.TIMING: 3.0}) == alarm


def test_high_wants_two_groups() -> None:
    """One group alone, however strong, is medium."""
    assert raised(20.0, {Group.TIMING: 30.0}) == Alarm.MEDIUM
    assert raised(20.0, {Group.TIMING: 30.0, Group.ADDRESS: 1.0}) == Alarm.MEDIUM
    assert raised(20.0, {Group.ENVIRONMENT: 2.0, Group.ADDRESS: 2.0}) == Alarm.HIGH


def test_only_what_would_be_high_is_asked_about() -> None:
    """Each row has its own supporters, and the others are left as they are."""
    asked: list[list[int]] = []

    def gains(rows: Array) -> Array:
        asked.append(rows.tolist())
        supported = {1: 0.0, 3: 2.0, 4: 2.0}
        return np.array([[supported[row]] * len(SUPPORT) for row in rows.tolist()]).T

    suspicion = np.array([0.0, 9.0, 1.0, 9.0, 4.0, -9.0])
    levels = alarms(suspicion, gains, THRESHOLDS)
    assert asked == [[1, 3, 4]]
    assert levels == [
        Alarm.LOW, Alarm.MEDIUM, Alarm.MEDIUM, Alarm.HIGH, Alarm.HIGH, Alarm.NONE,
    ]  # fmt: skip
    assert alarms(suspicion[:1], gains, THRESHOLDS) == [Alarm.LOW]
    assert len(asked) == 1


def test_what_an_edge_does_wrong_supports_nothing() -> None:
    """Evidence about the edge is none about the visitor."""
    assert raised(20.0, {Group.TIMING: 30.0, Group.DEPLOYMENT: 30.0}) == Alarm.MEDIUM


def test_the_fitted_thresholds_rise() -> None:
    """What serves alarms low before medium, and medium before high."""
    assert sorted(FITTED.thresholds.rising) == list(FITTED.thresholds.rising)
