"""What can go wrong in the service beyond a bad request, and whose fault it is.

ServiceError
 ├─ OverloadedError    ours: a bound is reached; the same request may succeed in a moment
 └─ JudgeFailedError   ours: the engine raised on every envelope of a batch
"""


class ServiceError(Exception):
    """Ours, not the client's."""


class OverloadedError(ServiceError):
    """A bound is reached; the message names it."""


class JudgeFailedError(ServiceError):
    """The engine could judge nothing of a batch; why is in the log."""
