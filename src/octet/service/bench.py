"""The bench: where the judge sits, in a worker thread of its own.

Parsing a batch and judging it take milliseconds of CPU, so they leave the event loop and long polls
stay lively. One thread works, as the interpreter would let no second one work beside it. A batch is
read when its turn comes, so those who wait hold bytes only; they and their bytes are counted, and
one too many is turned away.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import trio

from octet.schema import Envelope
from octet.service.errors import JudgeFailedError, OverloadedError
from octet.service.judge import Judge, Judgement
from octet.serving.failure import describe

T = TypeVar("T")

logger = logging.getLogger(__name__)

MAX_POSTS = 64
"""Posts that are being received, judged or held at once."""
MAX_BYTES = 64 * 1024 * 1024
"""Of the bodies of those posts together: eight of the largest, or two hundred of the usual."""


class Bench:
    """Takes posts, so many at a time, and judges them one after another."""

    def __init__(
        self, judge: Judge, *, max_posts: int = MAX_POSTS, max_bytes: int = MAX_BYTES
    ) -> None:
        self._judge = judge
        self._max_posts = max_posts
        self._max_bytes = max_bytes
        self._posts = 0
        self._bytes = 0
        self._thread = trio.CapacityLimiter(1)

    @contextmanager
    def seat(self, size: int) -> Iterator[None]:
        """Have a place for a post of at most *size* bytes, from before its body until its answer.

        Raises:
            OverloadedError: all places are taken, or their bytes.
        """
        if self._posts >= self._max_posts:
            raise OverloadedError("too many posts")
        if self._bytes + size > self._max_bytes:
            raise OverloadedError("too many bytes of posts")
        self._posts += 1
        self._bytes += size
        try:
            yield
        finally:
            self._posts -= 1
            self._bytes -= size

    def fault(self) -> str | None:
        """Return why no post can be taken at present, for the operator; None when one can."""
        if self._posts >= self._max_posts:
            return "all places for posts are taken"
        return "all bytes for posts are taken" if self._bytes >= self._max_bytes else None

    async def run(self, work: Callable[[], T]) -> T:
        """Do *work* in the worker thread, in the order of asking, and return its result.

        Cancellation: work that has begun is finished first, up to where it asks the event loop for
        something. Timeout: none; the client owns it.
        """
        return await trio.to_thread.run_sync(work, limiter=self._thread)

    def judge(self, envelopes: Sequence[Envelope]) -> list[Judgement | None]:
        """Return one judgement an envelope, in order; None for one that the engine cannot bear.

        Part of some work that is given to `run`.

        Raises:
            JudgeFailedError: the engine could judge none of them.
        """
        if not envelopes:
            return []
        judged = _judge(self._judge, envelopes)
        if not any(judged):
            raise JudgeFailedError(f"none of {len(envelopes)} envelopes could be judged")
        return judged


def _judge(judge: Judge, envelopes: Sequence[Envelope]) -> list[Judgement | None]:
    """Judge all in one pass; if that fails, each alone, so that one cannot hurt the others."""
    try:
        return [judged for judged, _ in zip(judge.weigh(envelopes), envelopes, strict=True)]
    except Exception as exc:  # noqa: BLE001 - the boundary around the engine
        logger.error("the engine failed on %d envelopes: %s", len(envelopes), describe(exc))
        if len(envelopes) == 1:
            return [None]
        return [judged for envelope in envelopes for judged in _judge(judge, [envelope])]
