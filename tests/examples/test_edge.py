"""The examples of an edge's deployment, read by the edge itself."""

import configparser
import re
import subprocess
import sys
from pathlib import Path

import pytest

from octet.edge.config import EdgeConfig
from octet.serving.workers import STOP_S
from tests.certificates import Certificate
from tests.edge.fakes import LICENSE

EXAMPLES = Path(__file__).parents[2] / "examples/edge"
DOCS = Path(__file__).parents[2] / "docs/edge.md"


def variables(name: str) -> dict[str, str]:
    """Read an environment file as systemd does."""
    lines = (EXAMPLES / name).read_text("utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {variable: value for variable, _, value in pairs}


class Asked(dict[str, str]):
    """An environment that notes what it is asked for."""

    def __init__(self) -> None:
        super().__init__(OCTET_DEV="1")
        self.names: set[str] = set()

    def get(self, name: str, default: str = "") -> str:  # type: ignore[override]  # as it is used
        self.names.add(name)
        return super().get(name, default)


def known() -> set[str]:
    """Return the names of all settings."""
    asked = Asked()
    EdgeConfig.read(asked)
    return asked.names


def manifest() -> dict[str, str]:
    """Return the environment that the Kubernetes manifest gives."""
    text = (EXAMPLES / "kubernetes.yaml").read_text("utf-8")
    return dict(re.findall(r'- \{name: (\w+), value: "([^"]*)"\}', text))


@pytest.mark.parametrize("name", ["minimal.env", "full.env", "kubernetes.yaml"])
def test_check_config(name: str, certificate: Certificate) -> None:
    """The edge finds nothing wrong with an example, once its files are there."""
    given = manifest() | {"LICENSE": LICENSE} if name.endswith("yaml") else variables(name)
    for variable, value in given.items():
        if variable.endswith("_FILE") and value:
            given[variable] = str(certificate.key if "KEY" in variable else certificate.chain)
    result = subprocess.run(
        [sys.executable, "-m", "octet.edge", "--check-config"],
        env=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_full_example_is_full() -> None:
    """The full example names every setting and no other; so does the documentation's table."""
    assert set(variables("full.env")) == known()
    table = DOCS.read_text("utf-8").partition("## Settings")[2].partition("\n## ")[0]
    rows = [row.split(" | ")[0] for row in table.splitlines() if row.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)} == known()


def test_manifest_names_settings() -> None:
    """The manifest gives no variable that the edge does not know."""
    assert manifest().keys() <= known()
    assert len(manifest()) > 5


def test_unit_runs_the_edge() -> None:
    """The unit checks the settings first, renews by SIGHUP, and waits for the drain."""
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign]  # as the module's manual says
    unit.read(EXAMPLES / "octet-edge.service", "utf-8")
    service = unit["Service"]
    assert service["ExecStart"].endswith("/octet-edge")
    assert service["ExecStartPre"] == f"{service['ExecStart']} --check-config"
    assert service["ExecReload"].startswith("/bin/kill -HUP ")
    assert int(service["TimeoutStopSec"]) >= STOP_S
    assert int(service["LimitNOFILE"]) > 2 * int(variables("full.env")["EDGE_MAX_CONNECTIONS"])
