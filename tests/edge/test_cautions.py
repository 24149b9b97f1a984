"""What an operator is told of settings that work."""

import pytest

from octet.edge.cautions import cautions
from octet.edge.config import EdgeConfig
from tests.edge.conftest import environment


@pytest.mark.parametrize(
    ("variables", "names"),
    [
        ({"ALLOWED_ORIGIN": "https://a.test"}, []),
        ({}, ["ALLOWED_ORIGIN"]),
        (
            {"LICENSE": "", "OCTET_DEV": "1", "EXIT_IP": "192.0.2.1", "EDGE_EXPOSE_VERDICT": "1"},
            ["ALLOWED_ORIGIN", "OCTET_DEV:", "EXIT_IP", "EDGE_EXPOSE_VERDICT"],
        ),
    ],
)
def test_cautions(variables: dict[str, str], names: list[str]) -> None:
    """Each begins with its variable, and none is there without a reason."""
    config = EdgeConfig.from_environment(environment("http://a.test", **variables))
    assert [line.split()[0] for line in cautions(config)] == names
