"""The real atlas and one engine over it, for all tests of the service."""

from pathlib import Path

import pytest

from octet.service.atlas import Atlas
from octet.service.atlas.assembly import build, is_current
from octet.service.config import DEFAULT_ATLAS
from octet.service.engine import Engine

ROOT = Path(__file__).parents[2]
NODE_MODULES = ROOT / "node_modules"


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """Where npm put the data packages."""
    return NODE_MODULES


@pytest.fixture(scope="session")
def atlas_path() -> Path:
    """The artefact as `make setup` builds it; built here only when it is missing or stale."""
    if not is_current(DEFAULT_ATLAS, NODE_MODULES):
        build(NODE_MODULES, DEFAULT_ATLAS)
    return DEFAULT_ATLAS


@pytest.fixture(scope="session")
def atlas(atlas_path: Path) -> Atlas:
    """The real atlas."""
    return Atlas.load(atlas_path)


@pytest.fixture(scope="session")
def engine(atlas: Atlas) -> Engine:
    """An engine over the real atlas."""
    return Engine(atlas)
