from octet.service.engine import Engine
from octet.service.engine.evidence import Group
from octet.service.engine.hypotheses import Environment, Transport
from tests.service.engine.sessions import session


def test_every_family_says_where_it_belongs(engine: Engine) -> None:
    """Each family has a name and a group of its own choice, and fits the axes of the hypotheses."""
    found = engine.reason([session(), session(zone=None)])
    _, _, slots, countries = found.log_exit.shape
    full = (2, len(Transport), len(Environment), slots, countries)
    for part in found.evidence:
        whole = part.log_prob()
        assert all(size in {1, most} for size, most in zip(whole.shape, full, strict=True))
    assert {part.group for part in found.evidence} == set(Group)
    assert len({part.family for part in found.evidence}) == len(found.evidence)
