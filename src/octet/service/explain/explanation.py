"""What is told of one envelope; evidence in nats, natural logarithms of likelihood ratios."""

from attrs import frozen

from octet.schema.verdict import Location, Verdict

ELSEWHERE = "elsewhere"


@frozen
class Share:
    """How likely one possibility is."""

    name: str
    probability: float


@frozen(kw_only=True)
class Weight:
    """How far something moves the answer."""

    country_nats: float
    """The log odds of `Explanation.country` against all other countries."""
    suspicion_nats: float
    """The log odds of what alarms against what does not."""


@frozen
class Family:
    """One family of evidence."""

    name: str
    group: str
    """Families of one group could be wrong together."""
    adds: Weight
    """Folded in after the families before it; the prior and all of these sum to the posterior."""
    alone: Weight
    """What is lost when this family alone is left out."""


@frozen
class Without:
    """What would be answered if one thing had not been there."""

    name: str
    lost: Weight
    """What the thing contributes: the log odds with it less those without."""
    verdict: Verdict
    changes: bool
    """Whether the country or the alarm would be another."""


@frozen
class Absence:
    """Something that was not there."""

    name: str
    reason: str
    """In the contract's words."""
    meaning: str


@frozen
class Landmark:
    """An edge that timed the visitor."""

    place: Location
    kernel_ms: float | None
    app_ms: float | None
    reach_km: float
    """No answer comes from further away."""


@frozen(kw_only=True)
class Explanation:
    """One envelope, and how the engine came to its verdict."""

    id: str
    session_ref: str | None
    edge: str
    received_at_ms: int
    mode: str
    atlas: str
    """Version of the tables."""
    verdict: Verdict
    """What a customer would see, but for device key and token."""
    country: str
    """The likeliest country, which the evidence is told for; the verdict may be silent."""
    suspicion: float
    """The probability of what alarms."""
    countries: tuple[Share, ...]
    """The likeliest first, all above one in a million."""
    transports: tuple[Share, ...]
    environments: tuple[Share, ...]
    exits: tuple[Share, ...]
    """Where the address seems to be, by country; `ELSEWHERE` is one that no table names."""
    prior: Weight
    """The log odds before any evidence."""
    families: tuple[Family, ...]
    posterior: Weight
    """The log odds after all of it."""
    without: tuple[Without, ...]
    """The weightiest first."""
    missing: tuple[Absence, ...]
    facts: tuple[tuple[str, str], ...]
    """What the engine read, name and value."""
    landmarks: tuple[Landmark, ...]
