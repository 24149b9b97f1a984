"""Who may see what: a partner's live data and its test data are two worlds."""

from attrs import frozen


@frozen
class Realm:
    """All that is posted in a realm can be read in it, and nothing else."""

    partner: str
    """The partner's id."""
    live: bool
    """False for test credentials, which feed and read test data only."""


DEV = Realm("dev", live=True)
"""Where posts and reads without credentials belong when the service runs open (``OCTET_DEV``)."""
