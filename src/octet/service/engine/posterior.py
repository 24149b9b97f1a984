"""Prior and evidence together, normalised once."""

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from octet.service.atlas.container import Array
from octet.service.engine.evidence import Evidence
from octet.service.engine.hypotheses import (
    GOOD_ENVIRONMENTS,
    GOOD_TRANSPORTS,
    PLAIN_TRANSPORTS,
)

_LEAST = 1e-12


@frozen(eq=False)
class Posterior:
    """What is believed of each envelope; axes as in `hypotheses`."""

    country: Array
    """(B, C) P(country); rows sum to 1."""
    manner: Array
    """(B, S, E) P(transport, environment); each sums to 1."""

    @property
    def suspicion(self) -> Array:
        """(B,) m = 1 − P(s ∈ direct, roaming, relay and e ∈ honest, traveller)."""
        good = self.manner[:, GOOD_TRANSPORTS][:, :, GOOD_ENVIRONMENTS]
        return np.asarray(np.clip(1.0 - good.sum(axis=(1, 2)), 0.0, 1.0))

    @property
    def log_odds(self) -> Array:
        """(B,) log of m against what is good without a relay.

        A relay explains what a proxy does, so evidence that there is none would count against a
        session as well as the gap itself; measured by these odds it does not.
        """
        plain = self.manner[:, PLAIN_TRANSPORTS][:, :, GOOD_ENVIRONMENTS].sum(axis=(1, 2))
        return np.asarray(np.log(self.suspicion + _LEAST) - np.log(plain + _LEAST))


def combine(log_prior: Array, log_exit: Array, evidence: Sequence[Evidence]) -> Posterior:
    """Fold conditionally independent evidence into the prior.

    log P(h | z) = log P(c, s, e) + log P(x | c, s) + Σ_k w_k log P(z_k | h) − log Z

    Args:
        log_prior: (1, C, S, E, 1) nats.
        log_exit: (B, C, S, 1, K) nats.
        evidence: any number of families in any order; the sum does not depend on it.

    Returns:
        The posterior's marginals; free of NaN.

    Source: Bayes' rule with tempered likelihoods.
    """
    sums: dict[tuple[int, ...], Array] = {}
    for part in [log_exit, log_prior, *(item.log_prob for item in evidence)]:
        # Arrays of one shape are added before any is spread over the axes that it lacks.
        sums[part.shape] = sums[part.shape] + part if part.shape in sums else part
    parts = sorted(sums.values(), key=lambda part: part.size)
    joint = parts[0] if len(parts) == 1 else parts[0] + parts[1]
    for part in parts[2:]:
        joint = joint + part
    joint = joint - joint.max(axis=(1, 2, 3, 4), keepdims=True)
    np.exp(joint, out=joint)
    mass = joint.sum(axis=4)
    mass /= mass.sum(axis=(1, 2, 3), keepdims=True)
    return Posterior(country=mass.sum(axis=(2, 3)), manner=mass.sum(axis=1))
