import numpy as np
import pytest

from octet.service.atlas import Atlas
from octet.service.engine.hypotheses import (
    ENVIRONMENT,
    IMPOSSIBLE,
    TRANSPORT,
    Hypotheses,
    Transport,
    hypotheses,
    log,
)


@pytest.fixture(scope="module")
def prior(atlas: Atlas) -> Hypotheses:
    return hypotheses(atlas)


def test_tables_are_distributions() -> None:
    """The mixes sum to 1."""
    assert TRANSPORT.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(ENVIRONMENT.sum(axis=1), 1.0)


def test_the_prior_sums_to_one(prior: Hypotheses) -> None:
    """So does the prior, and what is derived for travel and exits."""
    assert np.exp(prior.log_country).sum() == pytest.approx(1.0)
    assert np.exp(prior.log_manner).sum() == pytest.approx(1.0)
    for table in (prior.travel, prior.exits):
        np.testing.assert_allclose(table.sum(axis=1), 1.0)
        assert np.diagonal(table).max() == 0


def test_exits_sum_to_one_over_the_slots(prior: Hypotheses) -> None:
    """Whatever the databases name, every transport exits somewhere."""
    named = np.array([[3, 5, -1], [-1, -1, -1], [0, -1, 1]])
    slots = np.exp(prior.log_exit(named))
    assert slots.shape == (3, len(Transport), 5, len(prior.country))
    np.testing.assert_allclose(slots.sum(axis=2), 1.0, rtol=1e-5)


def test_impossible_slots(prior: Hypotheses) -> None:
    """A direct path exits where it is, a roamer elsewhere, and no slot counts a country twice."""
    slots = prior.log_exit(np.array([[3, 5, -1]]))[0]
    assert (slots[Transport.DIRECT, 1:] <= IMPOSSIBLE).all()
    assert (slots[Transport.ROAMING, 0] <= IMPOSSIBLE).all()
    assert (slots[:, 1, 3] <= IMPOSSIBLE).all()
    assert (slots[:, 3] <= IMPOSSIBLE).all()


@pytest.mark.parametrize(
    ("transport", "kind"), [(Transport.VPN, 0), (Transport.ROAMING, 1), (Transport.PROXY, 2)]
)
def test_exits_weigh_what_the_priors_say(
    prior: Hypotheses, transport: Transport, kind: int
) -> None:
    """The kept logarithms are those of P(x | c, s) in double precision."""
    named = [3, 5]
    slots = prior.log_exit(np.array([[*named, -1]]))[0, transport].astype(np.float64)
    own = prior.own_exit[transport]
    chances = [own, *((1 - own) * prior.by_exit[row, kind] for row in named)]
    rest = (1 - own) * (1 - prior.by_exit[named, kind].sum(axis=0))
    expected = [*chances, np.zeros_like(own), rest]
    np.testing.assert_allclose(np.exp(slots), np.stack(expected), rtol=1e-5, atol=1e-12)


def test_log_of_nothing_is_finite() -> None:
    """No infinity gets into a sum."""
    assert log(np.array([0.0, 1.0])).tolist() == [IMPOSSIBLE, 0.0]
