"""What is measured, a function a question, in the order of the page."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from benchmarks.speed.loading import Outcome
from benchmarks.speed.plan import Plan
from benchmarks.speed.sections.edge import (
    cold_start,
    flood,
    http2,
    idle_connections,
    posts,
    visits,
    workers,
)
from benchmarks.speed.sections.engine import engine
from benchmarks.speed.sections.latency import latency
from benchmarks.speed.sections.service import licenses, long_polls, reads, service

SECTIONS: Final[Mapping[str, Callable[[Plan], Iterator[Outcome]]]] = {
    "posts": posts,
    "visits": visits,
    "latency": latency,
    "idle": idle_connections,
    "workers": workers,
    "http2": http2,
    "flood": flood,
    "cold-start": cold_start,
    "service": service,
    "reads": reads,
    "polls": long_polls,
    "licenses": licenses,
    "engine": engine,
}
