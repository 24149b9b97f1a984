"""Of several reports the latest country and the highest alarm stand."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from octet.schema.verdict import Alarm, Verdict
from octet.service.verdicts import standing
from tests.service.fakes import FRANCE, GERMANY, NOWHERE


@pytest.mark.parametrize(
    ("earlier", "later", "stands"),
    [
        (None, NOWHERE, NOWHERE),
        (GERMANY, FRANCE, FRANCE),
        (FRANCE, GERMANY, evolve(GERMANY, alarm=Alarm.LOW)),
        (GERMANY, NOWHERE, evolve(GERMANY, alarm=Alarm.HIGH)),
        (NOWHERE, GERMANY, evolve(GERMANY, alarm=Alarm.HIGH)),
    ],
)
def test_table(earlier: Verdict | None, later: Verdict, stands: Verdict) -> None:
    """Silence takes no country back, and nothing takes an alarm back."""
    assert standing(earlier, later) == stands


@given(st.lists(st.sampled_from([GERMANY, FRANCE, NOWHERE]), min_size=1))
def test_any_sequence(verdicts: list[Verdict]) -> None:
    """However many reports there are, the rule holds for all of them together."""
    result: Verdict | None = None
    for verdict in verdicts:
        result = standing(result, verdict)
    assert result is not None
    found = [verdict.country for verdict in verdicts if verdict.country is not None]
    assert result.country == (found[-1] if found else None)
    assert result.alarm == max(verdict.alarm for verdict in verdicts)


@pytest.mark.parametrize(
    ("earlier", "later", "token"),
    [
        (None, GERMANY, "later"),
        (NOWHERE, GERMANY, None),
        (GERMANY, FRANCE, "later"),
        (FRANCE, GERMANY, None),
        (GERMANY, evolve(NOWHERE, alarm=Alarm.NONE), "earlier"),
    ],
)
def test_token(earlier: Verdict | None, later: Verdict, token: str | None) -> None:
    """A token stands as long as it says what stands."""
    before = earlier and evolve(earlier, token="earlier")
    assert standing(before, evolve(later, token="later")).token == token
