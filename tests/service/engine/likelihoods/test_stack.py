import numpy as np
import pytest

from octet.service.atlas.container import Array
from octet.service.engine.facts import Facts
from octet.service.engine.hypotheses import Environment, Transport
from octet.service.engine.likelihoods.stack import HOSTS, MSS, stack
from octet.service.engine.stack import SILENT, Stack, System


def weigh(found: Stack) -> Array:
    """Return (S, E)."""
    fact = Facts(source_ip="10.0.0.1", stack=found, received_at_ms=0)
    return np.asarray(stack([fact]).manner[0])


def test_tables_are_distributions() -> None:
    """What hosts run, and what room paths leave, sum to 1."""
    assert sum(HOSTS.values()) == pytest.approx(1.0)
    np.testing.assert_allclose(MSS.sum(axis=1), 1.0)


@pytest.mark.parametrize(
    "found", [SILENT, Stack(claimed=System.WINDOWS), Stack(system=System.LINUX)]
)
def test_half_a_comparison_says_nothing(found: Stack) -> None:
    """Without both sides there is no evidence."""
    assert np.abs(weigh(found)).max() == 0


def test_another_systems_syn_speaks_for_a_proxy() -> None:
    """A Windows browser whose TCP is Linux's has something in between; its own TCP has not."""
    foreign = weigh(Stack(claimed=System.WINDOWS, system=System.LINUX))[:, Environment.HONEST]
    own = weigh(Stack(claimed=System.WINDOWS, system=System.WINDOWS))[:, Environment.HONEST]
    assert foreign[Transport.PROXY] > foreign[Transport.DIRECT] + 1
    assert own[Transport.PROXY] < own[Transport.DIRECT] - 0.5
    for carried in (Transport.ROAMING, Transport.VPN):
        assert foreign[carried] == foreign[Transport.DIRECT]


@pytest.mark.parametrize("mss", [0, 536, 1280, 1360, 1412, 1460, 8960, 65535])
def test_the_mss_is_a_small_weight(mss: int) -> None:
    """No MSS moves the odds of a tunnel by more than two thirds of a nat."""
    table = weigh(Stack(mss=mss))[:, Environment.HONEST]
    assert np.abs(table - table[Transport.DIRECT]).max() < 0.67


@pytest.mark.parametrize(
    "found", [Stack(engine_agrees=False), Stack(machine_agrees=False), Stack(virtual=True)]
)
def test_mismatches_speak_for_forged_settings(found: Stack) -> None:
    """Another engine, another story and virtual graphics are likelier of who forges."""
    table = weigh(found)[Transport.DIRECT]
    assert table[Environment.AT_EXIT] > table[Environment.HONEST] + 0.5
    assert table[Environment.HONEST] == table[Environment.TRAVELLER]
