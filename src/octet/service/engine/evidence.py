"""One family's evidence on its way into the posterior."""

from enum import StrEnum

from attrs import frozen

from octet.service.atlas.container import Array


class Group(StrEnum):
    """Families that could be wrong together; the alarm's top level wants two of these."""

    ADDRESS = "address"
    ENVIRONMENT = "environment"
    TIMING = "timing"


@frozen(eq=False)
class Evidence:
    """How likely one family of facts is under each hypothesis."""

    family: str
    group: Group
    log_prob: Array
    """Five axes as in `hypotheses`, each its full length or 1; nats, all 0 where facts are missing.
    Already weighted: w ≤ 1, because families repeat each other."""
