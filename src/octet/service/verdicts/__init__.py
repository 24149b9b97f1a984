"""Verdicts on their way from the engine to the partner's backend. No signal comes in here."""

from octet.service.verdicts.memory import MemoryStore
from octet.service.verdicts.standing import standing
from octet.service.verdicts.store import Entry, VerdictStore

__all__ = ["Entry", "MemoryStore", "VerdictStore", "standing"]
