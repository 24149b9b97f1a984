from pathlib import Path

import pytest

from octet.service.atlas.build import main


def test_a_current_file_is_left_alone(
    atlas_path: Path, node_modules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second build costs nothing."""
    before = atlas_path.stat().st_mtime_ns
    assert main(["--node-modules", str(node_modules), "--output", str(atlas_path)]) == 0
    assert atlas_path.stat().st_mtime_ns == before
    assert "up to date" in capsys.readouterr().out


def test_both_options_are_needed(capsys: pytest.CaptureFixture[str]) -> None:
    """The command says what it lacks."""
    with pytest.raises(SystemExit):
        main(["--output", "somewhere"])
    assert "--node-modules" in capsys.readouterr().err
