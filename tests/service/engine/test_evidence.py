from octet.service.engine import Engine
from octet.service.engine.evidence import Group
from octet.service.engine.facts import facts
from octet.service.engine.hypotheses import Environment, Transport
from tests.service.engine.sessions import session


def test_families_have_five_axes_and_every_group_a_family(engine: Engine) -> None:
    """Each axis is there in full or has length 1; each group has something to say."""
    exits, evidence = engine._weigh([facts(session()), facts(session(zone=None))])
    full = (2, exits.shape[1], len(Transport), len(Environment), exits.shape[4])
    for part in evidence:
        assert all(
            size in {1, whole} for size, whole in zip(part.log_prob.shape, full, strict=True)
        )
    assert {part.group for part in evidence} == set(Group)
    assert len({part.family for part in evidence}) == len(evidence)
