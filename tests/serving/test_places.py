"""A bound, alone and with others."""

import os

from prometheus_client import CollectorRegistry

from octet.serving.metrics import Metrics
from octet.serving.places import LocalCount, Places


def test_so_many_and_no_more() -> None:
    """Places are taken until there is none; one that is given back is there again."""
    places = Places(2, LocalCount())
    assert [places.take() for _ in range(3)] == [True, True, False]
    assert places.full
    places.give_back(2)
    assert not places.full
    assert places.take()
    assert places.count.total() == 1


def test_processes_share_them() -> None:
    """What one process holds is not to be had by another."""
    metrics = Metrics()
    gauge = metrics.gauge("held", "Held.")
    metrics.lay_out(CollectorRegistry(), workers=2)
    places = Places(3, gauge)
    assert places.take()
    assert places.take()
    child = os.fork()
    if not child:
        metrics.join(1)
        os._exit([places.take(), places.take()] != [True, False])
    assert os.waitpid(child, 0)[1] == 0
    assert not places.take()
    metrics.forget(1)
    assert places.take()
