"""Puts together what was observed of one request and the connection that it came on."""

from typing import Any

from attrs import frozen

from octet.edge.config import EdgeConfig
from octet.edge.connection.headers import read_headers
from octet.edge.exchange import Request
from octet.schema import AbsenceReason, ChannelTiming, Http, Observation


@frozen
class Observer:
    """Observes requests in the way that the configuration says."""

    config: EdgeConfig

    def source(self, request: Request) -> str:
        """Return the browser's address, or the one that a test puts in its place."""
        return self.config.exit_ip or request.peer

    def observe(
        self,
        request: Request,
        latency: tuple[ChannelTiming, ...],
        refused_receipt: AbsenceReason | None,
    ) -> Observation:
        """Return all that is known of *request*.

        Args:
            request: a post.
            latency: what its receipts held.
            refused_receipt: why a receipt was left out, if one was.
        """
        connection = request.connection
        facts: dict[str, Any] = {
            "tcp": connection.tcp(),
            "syn": connection.syn,
            "tls": connection.tls(),
        }
        missing = {name: f for name, f in facts.items() if isinstance(f, AbsenceReason)}
        if "tls" not in missing:
            missing["clientHello"] = AbsenceReason.UNSUPPORTED
        if request.version == "2":
            missing["h2"] = AbsenceReason.UNSUPPORTED
        if refused_receipt is not None:
            missing["latency"] = refused_receipt
        address = self.source(request)
        return Observation(
            source_ip=address,
            peer_ip=address,
            via="direct",
            http=Http(
                version=request.version,
                headers=read_headers(request.headers, self.config.redact_headers),
            ),
            tcp=_present(facts["tcp"]),
            syn=_present(facts["syn"]),
            tls=_present(facts["tls"]),
            latency=latency,
            missing=missing,
        )


def _present(fact: Any) -> Any:
    return None if isinstance(fact, AbsenceReason) else fact
