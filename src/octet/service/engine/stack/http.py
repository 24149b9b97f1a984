"""What a request's form says about the browser that made it.

    HTTP/2, order of the pseudo-headers     Chromium m a s p, Firefox m p a s, Safari m s p a
    HTTP/2, first WINDOW_UPDATE             Chromium 15663105, Firefox 12517377
    any version                             only Chromium sends ``sec-ch-ua``, where it is secure
    any version, order of the headers       Firefox: user-agent, accept, accept-language,
                                            accept-encoding in a row

Source: the order of the pseudo-headers as in Akamai's "Passive fingerprinting of HTTP/2 clients"
(2017) and browsers' sources; the rest is observation.
"""

from collections.abc import Sequence

from octet.schema import Http2
from octet.service.engine.stack.client_hello import Engine

_PSEUDO: dict[tuple[str, ...], Engine] = {
    ("m", "a", "s", "p"): Engine.BLINK,
    ("m", "p", "a", "s"): Engine.GECKO,
    ("m", "s", "p", "a"): Engine.WEBKIT,
    ("m", "s", "a", "p"): Engine.WEBKIT,
}
_GECKO_RUN = ("user-agent", "accept", "accept-language", "accept-encoding")
_WINDOWS = {15663105: Engine.BLINK, 12517377: Engine.GECKO}


def engine_of_h2(opening: Http2) -> Engine:
    """Return the family of browsers that opens HTTP/2 connections like this."""
    by_window = _WINDOWS.get(opening.window_update)
    by_order = _PSEUDO.get(opening.pseudo, Engine.OTHER)
    return by_order if by_window in {None, by_order} else Engine.OTHER


def engine_of_headers(names: Sequence[str]) -> Engine | None:
    """Return the family of browsers that sends these headers in this order, None for no opinion.

    Args:
        names: lower case, in the order of the wire.
    """
    if "sec-ch-ua" in names:
        return Engine.BLINK
    at = names.index(_GECKO_RUN[0]) if _GECKO_RUN[0] in names else len(names)
    return Engine.GECKO if tuple(names[at : at + len(_GECKO_RUN)]) == _GECKO_RUN else None
