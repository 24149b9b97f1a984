"""How many requests a minute a credential may still make."""

from octet.service.quotas.allowance import Allowance
from octet.service.quotas.memory import MemoryQuotas
from octet.service.quotas.quotas import Quotas

__all__ = ["Allowance", "MemoryQuotas", "Quotas"]
