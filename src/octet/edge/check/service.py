"""Whether the edge can reach the service in the way that its settings say."""

from collections.abc import Mapping
from typing import Final

from octet.edge.check.finding import Finding, fail, ok, warn
from octet.edge.check.trouble import Kind, Trouble
from octet.edge.config import EdgeConfig

NAME: Final = "service"
_REMEDIES: Final[Mapping[Kind, str]] = {
    Kind.UNRESOLVED: "look at the host in OCTET_URL, and at this machine's resolver",
    Kind.REFUSED: "look at the host and the port in OCTET_URL, and at firewalls",
    Kind.TIMED_OUT: "let this machine reach the host and the port in OCTET_URL through firewalls",
    Kind.TLS: "https in OCTET_URL needs a TLS server at that host and port",
    Kind.OWN_CERTIFICATE: "set EDGE_CLIENT_CERT_FILE and EDGE_CLIENT_KEY_FILE to a pair that the"
    " service's operator has signed and that has not expired",
    Kind.NO_HTTP: "look at the scheme and the port in OCTET_URL",
    Kind.BROKEN: "look at the scheme, the host and the port in OCTET_URL, at what is on the way,"
    " and whether the service demands a client certificate (EDGE_CLIENT_CERT_FILE)",
}


def judge_trouble(config: EdgeConfig, trouble: Trouble) -> Finding:
    """Judge that there was no answer."""
    remedy = _REMEDIES.get(trouble.kind) or _trust(config)
    return fail(NAME, f"{config.octet_url}: {trouble.text}", remedy)


def judge_health(config: EdgeConfig, status: int) -> Finding:
    """Judge the answer to ``GET /health``."""
    if 200 <= status < 300:  # noqa: PLR2004 - the class of successes
        return _reached(config)
    text = f"{config.octet_url}/health answers status {status}"
    if status >= 500:  # noqa: PLR2004 - the class of server errors
        return fail(NAME, text, "ask the service's operator")
    return fail(NAME, text, "OCTET_URL must be the service's own base URL, where nothing redirects")


def _reached(config: EdgeConfig) -> Finding:
    url = config.octet_url
    if not url.startswith("https:"):
        text = f"{url} is reached in the clear"
        local = url.startswith(("http://127.", "http://localhost", "http://[::1]"))
        return ok(NAME, text) if local else warn(NAME, text, "licence and reports need https")
    by = "OCTET_CA_FILE" if config.ca_file else "this system's authorities"
    shown = ", this edge shows its own certificate" if config.client_files else ""
    return ok(NAME, f"{url} is reached by TLS, verified by {by}{shown}")


def _trust(config: EdgeConfig) -> str:
    if config.ca_file is not None:
        return (
            "OCTET_CA_FILE must hold the authority that signed the service's certificate, and"
            " OCTET_URL a name that it is for"
        )
    return (
        "OCTET_URL must have a name that the certificate is for; set OCTET_CA_FILE where the"
        " service has an authority of its own"
    )
