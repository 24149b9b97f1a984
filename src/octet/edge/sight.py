"""How a channel's own connection was seen: what only a receipt tells, and only to its deployment.

The service learns of a channel what was measured. Whether a proxy was believed, and what could not
be seen, is for `octet-edge check`, which opens receipts as the edge does.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from attrs import field, frozen

from octet.edge.connection.forwarding import Via
from octet.edge.observer import Facts
from octet.schema import AbsenceReason, Tls

DIGEST_CHARS: Final = 16


@frozen(kw_only=True)
class Sight:
    """Of one channel."""

    via: Via
    source_ip: str | None = None
    """The address that was found, where ``EXIT_IP`` took its place; else it is the channel's."""
    missing: Mapping[str, AbsenceReason] = field(factory=dict)
    """As in a report's observation."""
    told: Mapping[str, str] = field(factory=dict)
    """The digest of each of ``syn`` and ``clientHello`` that a trusted proxy's hint gave."""

    @classmethod
    def of(cls, facts: Facts, shown_ip: str) -> "Sight":
        """Sum up *facts*, of which *shown_ip* is shown as the source."""
        told = {}
        if facts.header_order is AbsenceReason.BEHIND_PROXY:
            hello = facts.tls.client_hello if isinstance(facts.tls, Tls) else None
            values = {"syn": facts.syn, "clientHello": hello}
            told = {
                name: digest(value)
                for name, value in values.items()
                if value is not None and not isinstance(value, AbsenceReason)
            }
        source = facts.source
        found_ip = None if source.ip == shown_ip else source.ip
        return cls(via=source.via, source_ip=found_ip, missing=facts.missing, told=told)


def digest(base64: str) -> str:
    """Return by what a hint is recognised."""
    return sha256(base64.encode()).hexdigest()[:DIGEST_CHARS]
