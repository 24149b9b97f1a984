"""Whether the edge knows from which address a visitor comes."""

import ipaddress
from typing import Final

from octet.edge.check.finding import Finding, fail, ok, unknown
from octet.edge.check.sighting import Sighting
from octet.edge.check.termination import is_foreign_connection, is_own_connection
from octet.schema import AbsenceReason

NAME: Final = "address"
_DECLARE: Final = "every proxy on the way must be in EDGE_TRUSTED_PROXIES, and tell who came to it"


def judge_source(seen: Sighting, expected: str | None = None) -> Finding:
    """Judge whom the edge took this side for.

    Args:
        seen: a channel without any forgery.
        expected: the address by which this machine is known outside, if somebody said it.
    """
    address = seen.source_ip
    if seen.sight.source_ip is not None:
        text = f"EXIT_IP is set: every visitor seems to come from {seen.channel.source_ip}"
        return fail(NAME, text, "unset it at the edge: it is for tests")
    if is_foreign_connection(seen):
        text = f"the edge sees {address}, which is the hop before it: all visitors look alike"
        return fail(NAME, text, "see termination")
    if _names_nobody(seen):
        text = f"the edge trusts {address}, which does not tell for whom it speaks"
        remedy = (
            "have that proxy set X-Forwarded-For (or Forwarded, as EDGE_FORWARDED says); if it is"
            " this machine, run the check from one that is not in EDGE_TRUSTED_PROXIES"
        )
        return fail(NAME, text, remedy)
    if expected is not None:
        if address == expected:
            return ok(NAME, f"the edge sees {address}, as expected")
        return fail(NAME, f"the edge sees {address} and not {expected}", _DECLARE)
    return _unasked(seen)


def _unasked(seen: Sighting) -> Finding:
    """Judge by what this machine knows of itself."""
    address = seen.source_ip
    if address == seen.local_ip:
        return ok(NAME, f"the edge sees this machine's own address, {address}")
    if not _is_public(address) and _is_public(seen.remote_ip):
        text = f"the edge sees {address}, an address of an inner network, for one from outside"
        return fail(NAME, text, _DECLARE)
    if is_own_connection(seen):
        return ok(NAME, f"the edge sees {address}, which is how this machine is known there")
    text = f"the edge sees {address}"
    return unknown(NAME, text, f"--address {address}, if that is how this machine is known outside")


def _names_nobody(seen: Sighting) -> bool:
    """Whether a trusted peer brought the channel and named no source."""
    behind = seen.sight.missing.get("headerOrder") is AbsenceReason.BEHIND_PROXY
    return behind and seen.sight.via == "direct"


def _is_public(address: str) -> bool:
    return ipaddress.ip_address(address).is_global
