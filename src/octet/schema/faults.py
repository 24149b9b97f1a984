"""What is wrong with an input, and where: from cattrs' nested errors to a list."""

from typing import Final

from cattrs.errors import AttributeValidationNote, BaseValidationError, IterableValidationNote

from octet.schema.errors import Fault
from octet.schema.signal import wire_name

MAX_NAME: Final = 64
"""Characters of a member's name that a fault's path repeats."""


def faults_of(exc: BaseException, path: str = "") -> list[Fault]:
    """Flatten what cattrs raised into faults with paths.

    Raises:
        BaseException: what no hook raises, hence our own mistake: *exc* itself.
    """
    if isinstance(exc, BaseValidationError):
        return [fault for inner in exc.exceptions for fault in faults_of(inner, _step(inner, path))]
    if isinstance(exc, KeyError):  # raised by the generated reader, at the path of the member
        return [Fault(path, "is required", missing=True)]
    if isinstance(exc, ValueError):
        return [Fault(path, str(exc))]
    raise exc


def _step(exc: BaseException, path: str) -> str:
    for note in getattr(exc, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            return _join(path, wire_name(note.name))
        if isinstance(note, IterableValidationNote):
            index = note.index
            return f"{path}[{index}]" if isinstance(index, int) else _join(path, str(index))
    return path


def _join(path: str, name: str) -> str:
    if not (name.isidentifier() and name.isascii() and len(name) <= MAX_NAME):
        name = "*"  # the name is the sender's own: it must not reach a log as it is
    return f"{path}.{name}" if path else name
