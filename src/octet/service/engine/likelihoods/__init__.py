"""How likely each family of facts is under each hypothesis, a family a file.

A family turns the facts of a batch into one `Evidence`, or says log-likelihood 0 for every
hypothesis where its facts are missing: absence is then no evidence for anything. Time zone,
languages and conventions speak of the same thing, where a person's settings come from, and meet in
`origin`.
"""

from octet.service.engine.likelihoods.cross_layer import CrossLayer
from octet.service.engine.likelihoods.delay import Delay
from octet.service.engine.likelihoods.front import front
from octet.service.engine.likelihoods.ip import Ip
from octet.service.engine.likelihoods.origin import Origin
from octet.service.engine.likelihoods.stack import stack

__all__ = ["CrossLayer", "Delay", "Ip", "Origin", "front", "stack"]
