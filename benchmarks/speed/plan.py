"""How long and how often to measure."""

from pathlib import Path
from typing import Self

from attrs import evolve, frozen

from benchmarks.speed.servers import Certificate


@frozen(kw_only=True)
class Plan:
    """What all sections share."""

    directory: Path
    """For what a run writes and forgets."""
    posts: Path
    """Reports without receipts, one a line."""
    visits: Path
    """Reports with placeholders, one a line."""
    batches: Path
    """Batches of envelopes, one a line."""
    references: Path
    """Of verdicts that can be read, one a line."""
    licenses: Path
    """One a line."""
    certificate: Certificate
    rounds: int
    """How often the programs of a section take their turns."""
    for_s: float
    """A window; so long a window and so many rounds keep a full run below half an hour."""
    seed: int
    quick: bool

    def some(self, rounds: int) -> Self:
        """Return the plan with at most so many *rounds*."""
        return evolve(self, rounds=min(rounds, self.rounds))

    def more(self, rounds: int) -> Self:
        """Return the plan with so many *rounds*, unless it is a quick one."""
        return self if self.quick else evolve(self, rounds=rounds)

    @classmethod
    def of(cls, directory: Path, certificate: Certificate, *, seed: int, quick: bool) -> Self:
        """Make the plan of a full run, or of one that only shows that everything works."""
        return cls(
            directory=directory,
            posts=directory / "posts.jsonl",
            visits=directory / "visits.jsonl",
            batches=directory / "batches.jsonl",
            references=directory / "references",
            licenses=directory / "licenses",
            certificate=certificate,
            rounds=2 if quick else 7,
            for_s=1.0 if quick else 4.0,
            seed=seed,
            quick=quick,
        )
