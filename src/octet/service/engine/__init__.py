"""The verdict engine: envelopes in, verdicts out, a pure function of both and the tables.

    facts          what an envelope says, in numbers, each possibly missing
    paths, stack   the two parts of it that take some reading: delays, and protocols
    hypotheses     what may be true, and how likely before any evidence
    likelihoods/   how likely the facts are under each hypothesis, a family a file
    posterior      prior and evidence together, normalised once
    alarm, confidence, region, feasible   what of it a customer may know

It does no I/O and knows no event loop. Nothing it decides on leaves it but the verdict.
"""

from octet.service.engine._engine import Engine, Reasoning

__all__ = ["Engine", "Reasoning"]
