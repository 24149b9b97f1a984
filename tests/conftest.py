"""What all tests share: which of them this machine can run.

Without Chromium or without root the tests that need them are deselected and listed. Under
``OCTET_TEST_ALL=1`` nothing may be deselected or skipped.
"""

import os
import shutil

import pytest
from hypothesis import HealthCheck, settings

# Machines are noisy: how long an example takes is no property of the code.
settings.register_profile(
    "octet", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("octet")

ALL = os.environ.get("OCTET_TEST_ALL") == "1"

LACKING = {
    "chromium": shutil.which("chromium") is None,
    "root": os.geteuid() != 0,
}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this machine cannot run, and say so."""
    lacking = [item for item in items if any(LACKING.get(m.name) for m in item.iter_markers())]
    if lacking and ALL:
        raise pytest.UsageError(f"OCTET_TEST_ALL: this machine cannot run {lacking[0].nodeid}")
    config.hook.pytest_deselected(items=lacking)
    items[:] = [item for item in items if item not in lacking]
    config.stash[_DESELECTED] = [item.nodeid for item in lacking]


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
