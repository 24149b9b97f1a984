"""What a verdict gets on top of the engine's, each partner another: its device key and token."""

from attrs import evolve

from octet.schema import Envelope
from octet.schema.verdict import Verdict
from octet.service.device import DeviceKeys
from octet.service.realm import Realm
from octet.service.verdicts.token import VerdictTokens


class Issuer:
    """Makes of the engine's verdicts those of a partner; pure but for the clock of its tokens."""

    def __init__(self, tokens: VerdictTokens, devices: DeviceKeys) -> None:
        self._devices = devices
        self.tokens = tokens
        """Signs, and publishes what verifies."""

    def issue(self, realm: Realm, envelope: Envelope, verdict: Verdict) -> Verdict:
        """Return *verdict* as *realm* gets it for *envelope*; without a reference, no token."""
        device_key = self._devices.of(realm, envelope.report.signals)
        named = evolve(verdict, device_key=device_key)
        if envelope.session_ref is None:
            return named
        return self.tokens.sealed(realm, envelope.session_ref, named)

    def standing(self, realm: Realm, ref: str, verdict: Verdict) -> Verdict:
        """Return what stands for *ref* with its token: anew where several reports made it up."""
        return verdict if verdict.token is not None else self.tokens.sealed(realm, ref, verdict)
