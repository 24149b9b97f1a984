"""How long and how often to measure."""

from pathlib import Path
from typing import Self

from attrs import frozen

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
    certificate: Certificate
    rounds: int
    for_s: float
    seed: int
    quick: bool

    @classmethod
    def of(cls, directory: Path, certificate: Certificate, *, seed: int, quick: bool) -> Self:
        """Make the plan of a full run, or of one that only shows that everything works."""
        return cls(
            directory=directory,
            posts=directory / "posts.jsonl",
            visits=directory / "visits.jsonl",
            batches=directory / "batches.jsonl",
            certificate=certificate,
            rounds=2 if quick else 7,
            for_s=1.5 if quick else 4.0,
            seed=seed,
            quick=quick,
        )
