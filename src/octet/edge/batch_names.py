"""What a batch is called: what follows it from the page's post to the service's log and trace."""

import secrets
from collections.abc import Sequence

from attrs import frozen

from octet.edge.relay import Forward
from octet.serving.trace_context import TraceContext


@frozen
class BatchNames:
    """Of one batch."""

    request_id: str
    """Sent as ``x-request-id``, and in the logs of both sides."""
    trace: TraceContext | None
    """Sent as ``traceparent``."""

    @classmethod
    def of(cls, batch: Sequence[Forward]) -> "BatchNames":
        """Name *batch*: one report alone goes by the names of its page's post.

        Several have a new id; of their traces they belong to the first that is recorded, or if none
        is to the first, since one request has one parent.
        """
        alone = batch[0].request_id if len(batch) == 1 else None
        traces = sorted((f.trace for f in batch if f.trace), key=lambda trace: not trace.sampled)
        return cls(alone or secrets.token_hex(8), traces[0] if traces else None)
