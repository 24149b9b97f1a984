"""What all tests share: which of them this machine can run.

Tests that need a peer that is not installed, or IPv6, or root, are deselected and listed. Under
``OCTET_TEST_ALL=1`` nothing may be deselected or skipped.
"""

import os
import shutil
import socket
import ssl
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from examples.demo.chromium import find_chromium
from tests.certificates import Certificate, make_certificate

ALL = os.environ.get("OCTET_TEST_ALL") == "1"

# Machines are noisy: how long an example takes is no property of the code. Where a change is judged
# by one run, the examples are the same for every change; all other runs look for new ones.
settings.register_profile(
    "octet",
    deadline=None,
    print_blob=True,
    derandomize=ALL,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("octet")


def _has_ipv6() -> bool:
    """Whether loopback speaks it; containers often do without."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


PEERS = ("caddy", "curl", "haproxy", "microsocks", "nghttp", "nginx", "openssl", "redis-server")
SEARCH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin"))
LACKING = {peer.split("-")[0]: shutil.which(peer, path=SEARCH) is None for peer in PEERS}
LACKING["chromium"] = find_chromium() is None
LACKING["firefox"] = shutil.which("firefox-esr") is None and shutil.which("firefox") is None
LACKING["ipv6"] = not _has_ipv6()
LACKING["linux"] = sys.platform != "linux"
LACKING["root"] = os.geteuid() != 0


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def trust(certificate: Certificate) -> ssl.SSLContext:
    """What a client of the self-signed certificate believes."""
    return ssl.create_default_context(cafile=certificate.chain)


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to run all where something is lacking, with all of it."""
    config.stash[_DESELECTED] = []
    lacking = sorted(name for name, lacks in LACKING.items() if lacks)
    if ALL and lacking:
        raise pytest.UsageError(f"OCTET_TEST_ALL: this machine lacks {', '.join(lacking)}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this machine cannot run, and say so."""
    lacking = [item for item in items if any(LACKING.get(m.name) for m in item.iter_markers())]
    config.hook.pytest_deselected(items=lacking)
    items[:] = [item for item in items if item not in lacking]
    names = [item.nodeid for item in lacking]
    config.stash[_DESELECTED] = names
    if isinstance(told := getattr(config, "workeroutput", None), dict):
        told["deselected"] = names


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker left out; each worker leaves out the same."""
    node.config.stash[_DESELECTED] = node.workeroutput.get("deselected", [])


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let a skipped test fail the run that must run all."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if ALL and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """List the tests that were left out."""
    for name in config.stash.get(_DESELECTED, []):
        terminalreporter.write_line(f"not run on this machine: {name}")


_DESELECTED = pytest.StashKey[list[str]]()
