import numpy as np
import pytest

from octet.service.engine.facts import Facts
from octet.service.engine.hypotheses import Transport
from octet.service.engine.likelihoods import front


def nats(**changes: object) -> float:
    fact = Facts(**{"source_ip": "91.0.32.10", "received_at_ms": 0} | changes)  # type: ignore[arg-type]
    manner = front([fact]).manner[0, :, 0]
    assert np.abs(np.delete(manner, Transport.FRONTED)).max() == 0
    return float(manner[Transport.FRONTED])


def test_each_fact_speaks_for_itself() -> None:
    """A private peer, a forwarding header and a round trip of nothing speak for a proxy in front,
    their absence against it.
    """
    assert nats(private_peer=True) > 10
    assert nats(private_peer=False) < 0
    assert nats(forwarded=True) > nats() + 5
    assert nats(forwarded=False) < nats()
    assert nats(kernel_ms=0.1) > nats() > nats(kernel_ms=20.0)


@pytest.mark.parametrize("fact", ["forwarded", "kernel_ms"])
def test_what_is_not_known_says_nothing(fact: str) -> None:
    """None is neither yes nor no."""
    assert nats(**{fact: None}) == nats()


def test_a_header_from_afar_says_nothing() -> None:
    """A page can write the header, and not come near the edge."""
    assert nats(kernel_ms=9.0, forwarded=True) > nats(kernel_ms=9.0) + 5
    assert nats(kernel_ms=10.0, forwarded=True) == nats(kernel_ms=10.0)
