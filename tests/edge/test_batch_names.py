"""What follows a report from the page's post to the service."""

from octet.edge.batch_names import BatchNames
from octet.edge.relay import Forward
from octet.serving.trace_context import TraceContext
from tests.edge.conftest import StartEdge
from tests.edge.fakes import FakeService, report
from tests.serving.wire import post

FIRST = TraceContext("a" * 32, "1" * 16, sampled=False)
SECOND = TraceContext("b" * 32, "2" * 16, sampled=True)


def test_one_report_keeps_its_names() -> None:
    """A report alone goes by the id and the trace of its page's post."""
    names = BatchNames.of([Forward("a", b"", "page-request", FIRST)])
    assert names == BatchNames("page-request", FIRST)


def test_several_reports() -> None:
    """Several go by a new id, and in the trace among theirs that is recorded."""
    batch = [Forward("a", b"", "page-a"), Forward("b", b"", "page-b", FIRST)]
    names = BatchNames.of(batch)
    assert names.request_id not in {"page-a", "page-b"}
    assert names.trace == FIRST
    assert BatchNames.of([*batch, Forward("c", b"", "page-c", SECOND)]).trace == SECOND


def test_nameless() -> None:
    """What has no names has a new id and no trace."""
    assert BatchNames.of([]).trace is None
    assert BatchNames.of([]).request_id != BatchNames.of([Forward("a", b"")]).request_id


async def test_names_reach_the_service(service: FakeService, start_edge: StartEdge) -> None:
    """The service gets the page's own request id and trace, and no trace that is none."""
    edge = await start_edge()
    for trace in (str(SECOND), "00-nonsense"):
        asked = post(report(), "X-Request-Id: page-request", f"Traceparent: {trace}")
        assert (await edge.ask(asked)).status == 200
    assert [headers.get("traceparent") for headers in service.headers] == [str(SECOND), None]
    assert {headers["x-request-id"] for headers in service.headers} == {"page-request"}
