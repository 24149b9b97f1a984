"""From envelopes to verdicts."""

from collections.abc import Sequence

from octet.schema import Envelope
from octet.schema.verdict import Alarm, Verdict
from octet.service.atlas import Atlas
from octet.service.atlas.container import Array
from octet.service.engine.alarm import alarms
from octet.service.engine.confidence import SILENT_BELOW, confidences
from octet.service.engine.evidence import Evidence, Group
from octet.service.engine.facts import Facts, facts
from octet.service.engine.hypotheses import hypotheses
from octet.service.engine.likelihoods import CrossLayer, Delay, Ip, Origin
from octet.service.engine.posterior import combine
from octet.service.engine.region import circle


class Engine:
    """Judges envelopes by the tables of one atlas; immutable, so threads may share it."""

    def __init__(self, atlas: Atlas) -> None:
        self._atlas = atlas
        self._hypotheses = hypotheses(atlas)
        self._ip = Ip(atlas)
        self._origin = Origin.of(atlas, self._hypotheses)
        self._cross_layer = CrossLayer.of(atlas)
        self._delay = Delay.of(atlas)

    def judge(self, envelopes: Sequence[Envelope]) -> list[Verdict]:
        """Return a verdict for each envelope, in order: a pure function of it and the atlas."""
        if not envelopes:
            return []
        batch = [facts(envelope) for envelope in envelopes]
        log_prior = self._hypotheses.log_prior
        log_exit, evidence = self._weigh(batch)
        posterior = combine(log_prior, log_exit, evidence)
        country, suspicion = posterior.country, posterior.suspicion

        def without(group: Group, rows: Array) -> Array:
            rest = [
                Evidence(part.family, part.group, part.log_prob[rows])
                for part in evidence
                if part.group is not group
            ]
            return combine(log_prior, log_exit[rows], rest).log_odds

        levels = alarms(suspicion, posterior.log_odds, batch, without)
        best, sure = confidences(country, suspicion, batch, self._atlas.date)
        return [
            self._verdict(batch[row], country[row], int(best[row]), float(sure[row]), levels[row])
            for row in range(len(batch))
        ]

    def _weigh(self, batch: Sequence[Facts]) -> tuple[Array, list[Evidence]]:
        """Return log P(x | c, s) and each family's evidence."""
        votes = self._ip.votes(batch)
        return self._hypotheses.log_exit(votes.named), [
            self._ip.of_votes(votes),
            self._ip.of_network(votes),
            self._origin.evidence(batch, votes.named),
            self._cross_layer.evidence(batch, votes.named, votes.network),
            self._delay.evidence(batch, votes.named),
        ]

    def _verdict(
        self, fact: Facts, country: Array, best: int, sure: float, alarm: Alarm
    ) -> Verdict:
        confidence = round(sure, 4)
        if sure < SILENT_BELOW:
            return Verdict(confidence=confidence, alarm=alarm)
        zone = None if fact.zone is None else self._atlas.zone_row.get(fact.zone)
        where = circle(self._atlas, country, best, zone)
        return Verdict(
            country=self._atlas.countries[best],
            confidence=confidence,
            alarm=alarm,
            estimated_location=where.centre,
            confidence_radius_km=where.radius_km,
        )
