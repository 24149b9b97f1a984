"""From envelopes to verdicts."""

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from octet.schema import Envelope
from octet.schema.verdict import Alarm, Verdict
from octet.service.atlas import Atlas
from octet.service.atlas.container import Array
from octet.service.engine.alarm import SUPPORT, alarms
from octet.service.engine.confidence import SILENT_BELOW, best_countries, confidences
from octet.service.engine.deployment import doubts
from octet.service.engine.evidence import Evidence, Group
from octet.service.engine.facts import Facts, facts
from octet.service.engine.feasible import polygon, reach
from octet.service.engine.fitted import FITTED
from octet.service.engine.hypotheses import Hypotheses, hypotheses
from octet.service.engine.likelihoods import CrossLayer, Delay, Ip, Origin, front, stack
from octet.service.engine.likelihoods.ip import Votes
from octet.service.engine.model import Model, Thresholds
from octet.service.engine.pattern import patterns
from octet.service.engine.places import Places
from octet.service.engine.posterior import Posterior, combine
from octet.service.engine.region import Region
from octet.service.judge import Judgement

AT_ONCE = 24
"""Envelopes whose hypotheses are summed together: of 4 to 64, the quickest in batches of 64."""


@frozen(eq=False)
class Reasoning:
    """How the engine came to believe what it believes of a batch; it never leaves the service."""

    hypotheses: Hypotheses
    facts: tuple[Facts, ...]
    """What the envelopes say, B of them."""
    votes: Votes
    """Of the address tables; its named countries are the exit slots 1 to D."""
    log_exit: Array
    """(B, S, K, C) log P(x | c, s), nats."""
    evidence: tuple[Evidence, ...]
    """Each family's, nats; `Evidence.log_prob` spreads one over all hypotheses."""
    posterior: Posterior

    def without(self, families: frozenset[str], rows: Array) -> Posterior:
        """Return what would be believed of the envelopes *rows* without some families."""
        rest = [part.of(rows) for part in self.evidence if part.family not in families]
        return combine(self.hypotheses, self.log_exit[rows], rest)

    def gains(self, rows: Array) -> Array:
        """Return by how much each group of `SUPPORT` raises the log odds of the envelopes *rows*,
        (groups, rows) nats: with all groups' evidence, less with the group's left out.
        """
        every, size = np.tile(rows, len(SUPPORT)), len(rows)
        silent = dict.fromkeys(Group, slice(0))
        silent |= {group: slice(n * size, (n + 1) * size) for n, group in enumerate(SUPPORT)}
        rest = [part.of(every, silent[part.group]) for part in self.evidence]
        left = combine(self.hypotheses, self.log_exit[every], rest).log_odds
        return np.asarray(self.posterior.log_odds[rows] - left.reshape(len(SUPPORT), size))

    def alarms(self, thresholds: Thresholds) -> list[Alarm]:
        """Return each envelope's alarm."""
        return alarms(self.posterior.suspicion_log_odds, self.gains, thresholds)


class Engine:
    """Judges envelopes by one atlas and one model; immutable, so threads may share it."""

    def __init__(self, atlas: Atlas, model: Model = FITTED) -> None:
        self._atlas, self._model = atlas, model
        places = Places.of(atlas)
        self._region = Region(places)
        self._hypotheses = hypotheses(atlas)
        self._ip = Ip.of(atlas)
        self._origin = Origin.of(atlas, self._hypotheses)
        self._cross_layer = CrossLayer.of(atlas)
        self._delay = Delay.of(atlas, places)

    @property
    def atlas(self) -> Atlas:
        """The tables that it judges by."""
        return self._atlas

    @property
    def model(self) -> Model:
        """What was fitted offline."""
        return self._model

    def judge(self, envelopes: Sequence[Envelope]) -> list[Verdict]:
        """Return a verdict for each envelope, in order: a pure function of all three."""
        return [judgement.verdict for judgement in self.weigh(envelopes)]

    def weigh(self, envelopes: Sequence[Envelope]) -> list[Judgement]:
        """Return a verdict for each envelope, in order, and what it says of its edge."""
        if not envelopes:
            return []
        batch = [facts(envelope) for envelope in envelopes]
        votes = self._ip.votes(batch)
        judged: dict[int, Judgement] = {}
        # Those with as many exits to choose from together: their tables have no empty slots.
        order = np.argsort(votes.exits, kind="stable")
        for at in range(0, len(order), AT_ONCE):
            rows = order[at : at + AT_ONCE]
            reasoning = self._reason([batch[row] for row in rows], votes.of(rows))
            judged.update(zip(rows.tolist(), self._judgements(reasoning), strict=True))
        return [judged[row] for row in range(len(batch))]

    def reason(self, envelopes: Sequence[Envelope]) -> Reasoning:
        """Return what is believed of the envelopes, at least one, and by what evidence."""
        batch = [facts(envelope) for envelope in envelopes]
        return self._reason(batch, self._ip.votes(batch).of(np.arange(len(batch))))

    def _reason(self, batch: Sequence[Facts], votes: Votes) -> Reasoning:
        log_exit = self._hypotheses.log_exit(votes.named)
        evidence = (
            self._ip.of_votes(votes),
            self._ip.of_network(votes),
            self._origin.evidence(batch, votes.named),
            self._cross_layer.evidence(batch, votes.named, votes.network),
            self._delay.evidence(batch, votes.named, votes.network),
            stack(batch),
            front(batch),
        )
        posterior = combine(self._hypotheses, log_exit, evidence)
        return Reasoning(self._hypotheses, tuple(batch), votes, log_exit, evidence, posterior)

    def _judgements(self, reasoning: Reasoning) -> list[Judgement]:
        country = reasoning.posterior.country
        levels = reasoning.alarms(self._model.thresholds)
        best, logit = best_countries(country)
        pattern = patterns(reasoning.facts, reasoning.votes, self._atlas)
        right = self._model.calibration.right_share(logit, pattern)
        at_exit = (reasoning.votes.named == best[:, None]).any(axis=1)
        tunnel = np.where(at_exit, reasoning.posterior.tunnel, 0.0)
        sure = confidences(right, tunnel, reasoning.facts, self._atlas.date)
        misplaced = self._delay.misplaced(reasoning.facts, reasoning.votes.network)
        edges = doubts(reasoning.facts, reasoning.posterior, misplaced)
        return [
            Judgement(
                self._verdict(fact, country[row], int(best[row]), float(sure[row]), levels[row]),
                edges[row].by_fault,
            )
            for row, fact in enumerate(reasoning.facts)
        ]

    def _verdict(
        self, fact: Facts, country: Array, best: int, sure: float, alarm: Alarm
    ) -> Verdict:
        confidence = round(sure, 4)
        if sure < SILENT_BELOW:
            return Verdict(confidence=confidence, alarm=alarm)
        zone = None if fact.zone is None else self._atlas.zone_row.get(fact.zone)
        found = reach(fact.landmarks)
        where = self._region.circle(country, best, zone, found)
        return Verdict(
            country=self._atlas.countries[best],
            confidence=confidence,
            alarm=alarm,
            estimated_location=where.centre,
            confidence_radius_km=where.radius_km,
            feasible_region=None if found is None else polygon(found, where.centre),
        )
