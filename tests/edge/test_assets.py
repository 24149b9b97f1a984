"""The collector's files."""

import base64
import hashlib
from pathlib import Path

import pytest

from octet.edge.assets import CONTENT_TYPES, load_assets
from octet.serving import ConfigError


def test_files_are_read() -> None:
    """Each file is there with its type and a tag of its content; the digest fits the script."""
    assets = load_assets()
    assert set(assets) == set(CONTENT_TYPES)
    assert len({asset.etag for asset in assets.values()}) == len(assets)
    script = assets["octet-collector.js"].content
    digest = "sha384-" + base64.b64encode(hashlib.sha384(script).digest()).decode()
    assert assets["octet-collector.js.sri"].content.decode().strip() == digest


def test_missing_files_are_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the collector's build the edge does not start, and says what to do."""
    monkeypatch.setattr("octet.edge.assets.files", lambda _: tmp_path)
    with pytest.raises(ConfigError, match="make setup"):
        load_assets()
