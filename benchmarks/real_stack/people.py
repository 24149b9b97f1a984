"""Who visits: real addresses of real access networks, taken because the engine's tables know them.

That the visitor has this address, this clock and these languages is simulated; the browser is told.
"""

from typing import Final

from attrs import frozen


@frozen(kw_only=True)
class Person:
    """A visitor at home."""

    country: str
    address: str
    time_zone: str
    languages: tuple[str, ...]


BERLIN: Final = Person(
    country="DE", address="91.0.32.10", time_zone="Europe/Berlin", languages=("de-DE", "de")
)
NEW_YORK: Final = Person(
    country="US", address="71.190.4.10", time_zone="America/New_York", languages=("en-US", "en")
)
SAO_PAULO: Final = Person(
    country="BR", address="177.32.4.10", time_zone="America/Sao_Paulo", languages=("pt-BR", "pt")
)
PEOPLE: Final = (BERLIN, NEW_YORK, SAO_PAULO)

DUTCH: Final = Person(
    country="US", address=NEW_YORK.address, time_zone="Europe/Amsterdam", languages=("nl-NL", "nl")
)
"""The visitor from New York, with a browser that is set up like the exit's country."""
