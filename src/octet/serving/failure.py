"""What a log may say of an exception: its type and place, never its message.

A message may hold what a peer sent, and nothing of a person's goes into a log.
"""

import traceback

_FRAMES = 4


def describe(exc: BaseException) -> str:
    """Return type and innermost places of *exc*; of a group, those of each member."""
    if isinstance(exc, BaseExceptionGroup):
        return ", ".join(describe(inner) for inner in exc.exceptions)
    frames = traceback.extract_tb(exc.__traceback__)[-_FRAMES:]
    places = [f"{frame.name} ({_file(frame.filename)}:{frame.lineno})" for frame in frames]
    return " ← ".join([type(exc).__name__, *reversed(places)])


def _file(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]
