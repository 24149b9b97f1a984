"""What the service asks of the engine. Tests script one."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from attrs import field, frozen

from octet.schema import Envelope
from octet.schema.verdict import Verdict


@frozen
class Judgement:
    """What the engine says of one envelope."""

    verdict: Verdict
    edge_faults: Mapping[str, float] = field(factory=dict)
    """How likely the edge is deployed wrongly, by the fault's name, as far as this envelope can
    tell: the operator's business, and nobody else's."""


class Judge(Protocol):
    """Turns envelopes into judgements; pure, and called in a worker thread."""

    def weigh(self, envelopes: Sequence[Envelope], /) -> list[Judgement]:
        """Return one judgement an envelope, in order."""
