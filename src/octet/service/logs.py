"""The log: one JSON object a line, or a readable line for a person at a terminal.

Code logs by the standard library, and so do libraries; all of it is rendered here, so every line
has the same members, and lines of a request its id and its trace. An exception that some library
logs is reduced to its type and place: its message may hold what a peer sent.
"""

import logging
from typing import Any, Final, TextIO

import structlog
from structlog.contextvars import bind_contextvars, clear_contextvars, merge_contextvars
from structlog.stdlib import ProcessorFormatter, add_log_level, add_logger_name
from structlog.typing import EventDict, Processor

from octet.serving.failure import describe


def configure(stream: TextIO) -> None:
    """Have the whole process log to *stream*: ours from INFO on, libraries from WARNING on."""
    root = logging.getLogger()
    root.handlers = [handler(stream)]
    root.setLevel(logging.WARNING)
    logging.getLogger("octet").setLevel(logging.INFO)
    logging.captureWarnings(capture=True)


def handler(stream: TextIO) -> logging.Handler:
    """Return what writes each record to *stream* as one line."""
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=False)
        if stream.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    made = logging.StreamHandler(stream)
    made.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=_CHAIN,
            processors=[ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    return made


def begin_request(request_id: str, trace_id: str | None) -> None:
    """Name the request in every line that this task, and what it starts, logs from now on."""
    clear_contextvars()
    bind_contextvars(request_id=request_id, **({"trace_id": trace_id} if trace_id else {}))


def _name_failure(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Put type and place of an exception where its traceback would stand."""
    failure = event.pop("exc_info", None)
    if failure and failure[1] is not None:
        event["failure"] = describe(failure[1])
    event.pop("stack_info", None)
    return event


_CHAIN: Final[list[Processor]] = [
    merge_contextvars,
    add_log_level,
    add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _name_failure,
]
