"""What the service asks of the engine. Tests script one."""

from collections.abc import Sequence
from typing import Protocol

from octet.schema import Envelope
from octet.schema.verdict import Verdict


class Judge(Protocol):
    """Turns envelopes into verdicts; pure, and called in a worker thread."""

    def judge(self, envelopes: Sequence[Envelope], /) -> list[Verdict]:
        """Return one verdict an envelope, in order."""
