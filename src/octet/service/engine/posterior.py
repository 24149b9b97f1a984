"""Prior and evidence together, normalised once.

    log P(h | z) = log P(c) + log P(s, e) + log P(x | c, s) + Σ_k w_k log P(z_k | h) − log Z

over S · E · K · C hypotheses, up to 35,000 an envelope, of which most terms see a part only. The
sum over the exits is therefore taken before the environments are spread out:

    G(s, x, c) = P(x | c, s) · exp Σ_k path_k                 what depends on the path
    P(s, e, c | z) ∝ P(c) · P(s, e) · exp(Σ_k manner_k) · exp(Σ_k settings_k) · Σ_x G(s, x, c)

and where the settings follow the exit, Σ_x G(s, x, c) · exp(Σ_k follows_k(x, c)) instead of the
last two factors. Both marginals are sums of such products, so the table over s, e and c is never
made. That is the same sum in another order, exits and settings in single precision: marginals
differ from the full double-precision sum of the same evidence (`dense`) by less than `TOLERANCE`,
which a property test holds.
"""

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from octet.service.atlas.container import Array
from octet.service.engine.evidence import Evidence
from octet.service.engine.hypotheses import (
    GOOD_ENVIRONMENTS,
    GOOD_TRANSPORTS,
    PLAIN_TRANSPORTS,
    Environment,
    Hypotheses,
    Transport,
)

TOLERANCE = 1e-4
"""Of a probability in a marginal."""
_LEAST = 1e-12

_ROAMING, _HONEST, _AT_EXIT = Transport.ROAMING, Environment.HONEST, Environment.AT_EXIT
_NO_SETTINGS = np.zeros((1, len(Environment), 1), np.float32)
_NO_FOLLOWS = np.zeros((1, 2, 1, 1), np.float32)
_GOOD, _PLAIN, _UNTUNNELLED = np.zeros((3, len(Transport), len(Environment)))
_GOOD[np.ix_(GOOD_TRANSPORTS, GOOD_ENVIRONMENTS)] = 1.0
_PLAIN[np.ix_(PLAIN_TRANSPORTS, GOOD_ENVIRONMENTS)] = 1.0
_UNTUNNELLED[list(GOOD_TRANSPORTS)] = 1.0


@frozen(eq=False)
class Posterior:
    """What is believed of each envelope; axes as in `hypotheses`."""

    country: Array
    """(B, C) P(country); rows sum to 1."""
    manner: Array
    """(B, S, E) P(transport, environment); each sums to 1."""

    @property
    def suspicion(self) -> Array:
        """(B,) m = 1 − P(s ∈ direct, roaming, relay, fronted and e ∈ honest, traveller)."""
        return self._share(1.0 - _GOOD)

    @property
    def tunnel(self) -> Array:
        """(B,) P(s ∉ direct, roaming, relay, fronted)."""
        return self._share(1.0 - _UNTUNNELLED)

    @property
    def suspicion_log_odds(self) -> Array:
        """(B,) ln m / (1 − m), finite: what the alarm's thresholds are set on."""
        return self._suspicion_against(_GOOD)

    @property
    def log_odds(self) -> Array:
        """(B,) log of m against what is good without a relay.

        A relay explains what a proxy does, so evidence that there is none would count against a
        session as well as the gap itself; measured by these odds it does not.
        """
        return self._suspicion_against(_PLAIN)

    def _suspicion_against(self, manners: Array) -> Array:
        return np.asarray(np.log((self.suspicion + _LEAST) / (self._share(manners) + _LEAST)))

    def _share(self, manners: Array) -> Array:
        """Return P(s, e in some manners), (B,), by a table of 1 and 0."""
        return np.asarray(self.manner.reshape(len(self.manner), -1) @ manners.ravel())


def combine(hypotheses: Hypotheses, log_exit: Array, evidence: Sequence[Evidence]) -> Posterior:
    """Fold conditionally independent evidence into the prior.

    Args:
        hypotheses: the priors.
        log_exit: (B, S, K, C) log P(x | c, s), nats.
        evidence: any number of families in any order; the sum does not depend on it.

    Returns:
        The posterior's marginals; free of NaN.

    Source: Bayes' rule with tempered likelihoods.
    """
    path = _total(log_exit, [part.path for part in evidence])
    path -= path.max(axis=(1, 2, 3), keepdims=True)
    np.exp(path, out=path)
    manner = _total(hypotheses.log_manner[None], [part.manner for part in evidence])
    manner = np.exp(manner - manner.max(axis=(1, 2), keepdims=True))
    settings = _total(_NO_SETTINGS, [part.settings for part in evidence])
    follows = _total(_NO_FOLLOWS, [part.follows for part in evidence])
    top = np.maximum(settings.max(axis=(1, 2)), follows.max(axis=(1, 2, 3)))
    stay = np.exp(settings - top[:, None, None]) * hypotheses.country
    follow = np.exp(follows - top[:, None, None, None])
    at_exit, roaming = follow[:, 0], follow[:, 1]

    through = np.einsum("bskc->bsc", path).astype(np.float64)
    forged = np.einsum("bskc,bkc->bsc", path, at_exit) * hypotheses.country
    home = np.einsum("bkc,bkc->bc", path[:, _ROAMING], roaming) * hypotheses.country
    mass = manner * (through @ stay.swapaxes(1, 2))
    mass[:, :, _AT_EXIT] = manner[:, :, _AT_EXIT] * forged.sum(axis=2)
    mass[:, _ROAMING, _HONEST] = manner[:, _ROAMING, _HONEST] * home.sum(axis=1)

    staying = manner.copy()
    staying[:, :, _AT_EXIT] = staying[:, _ROAMING, _HONEST] = 0.0
    country = ((staying.swapaxes(1, 2) @ through) * stay).sum(axis=1)
    country += (manner[:, None, :, _AT_EXIT] @ forged)[:, 0]
    country += manner[:, _ROAMING, _HONEST, None] * home
    return _posterior(country, mass)


def dense(hypotheses: Hypotheses, log_exit: Array, evidence: Sequence[Evidence]) -> Posterior:
    """Return what `combine` returns, as the full sum in double precision: slow, for comparison."""
    whole = joint(hypotheses, log_exit, evidence)
    return _posterior(whole.sum(axis=(1, 2, 3)), whole.sum(axis=(3, 4)))


def joint(hypotheses: Hypotheses, log_exit: Array, evidence: Sequence[Evidence]) -> Array:
    """Return P(h | z) of every hypothesis, (B, S, E, K, C): slow; the exits show in it alone."""
    whole = hypotheses.log_country + hypotheses.log_manner[None, :, :, None, None]
    whole = whole + log_exit[:, :, None].astype(np.float64)
    for part in evidence:
        whole = whole + part.log_prob()
    whole -= whole.max(axis=(1, 2, 3, 4), keepdims=True)
    np.exp(whole, out=whole)
    return np.asarray(whole / whole.sum(axis=(1, 2, 3, 4), keepdims=True))


def _posterior(country: Array, manner: Array) -> Posterior:
    return Posterior(
        country / country.sum(axis=1, keepdims=True),
        manner / manner.sum(axis=(1, 2), keepdims=True),
    )


def _total(start: Array, parts: Sequence[Array]) -> Array:
    """Add what is there; a part of single places says the same of every hypothesis."""
    first, *rest = [part for part in parts if part.size > 1] or [np.zeros_like(start)]
    shape = [max(sizes) for sizes in zip(*(a.shape for a in (start, first, *rest)), strict=True)]
    total = np.empty(shape, start.dtype)
    np.add(start, first, out=total)
    for part in rest:
        total += part
    return total
