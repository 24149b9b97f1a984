"""A fake service for your tests: scripted verdicts, pending, failures, real HTTP.

    def test_a_doubtful_visitor_is_challenged(fake_octet):
        app = create_app(octet_url=fake_octet.url, partner_key=fake_octet.partner_key)
        fake_octet.answer(ref, country="DE", confidence=0.4, alarm="medium")
        …

``fake_octet`` is a pytest fixture that comes with this package; `FakeOctet` works without pytest.
The project's own tests put the same questions to the fake and to the real service.
"""

from octet.client.testing._fake import FakeOctet
from octet.client.testing._replying import Request
from octet.client.testing._signer import Signer
from octet.client.testing._transport import FakeTransport

__all__ = ["FakeOctet", "FakeTransport", "Request", "Signer"]
