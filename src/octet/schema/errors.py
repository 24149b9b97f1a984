"""What the border says of input that does not fit.

SchemaError
 └─ one or more faults, each with a path and a reason; `code` is the problem code that fits them
"""

from attrs import frozen


@frozen
class Fault:
    """One thing wrong with one place of the input."""

    path: str
    """Where, as member names and indices: ``signals.timeZone.value.name``; empty: the whole;
    ``*`` stands for a name that is no plain word."""
    reason: str
    """What is wrong, in words that repeat nothing of the input's values."""
    missing: bool = False
    """True when a required member is not there."""

    def __str__(self) -> str:
        """Give ``path: reason``."""
        return f"{self.path}: {self.reason}" if self.path else self.reason


class SchemaError(ValueError):
    """The input is not what the contract says."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults

    @property
    def code(self) -> str:
        """``missing_fields`` when nothing else is wrong, else ``malformed``."""
        return "missing_fields" if all(fault.missing for fault in self.faults) else "malformed"
