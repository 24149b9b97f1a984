import os
import shutil
import subprocess
import sys
from pathlib import Path

from octet.service.atlas.assembly import fingerprint, is_current


def test_the_same_packages_give_the_same_bytes(
    atlas_path: Path, node_modules: Path, tmp_path: Path
) -> None:
    """A build in another process, with other hashes, writes the same file."""
    output = tmp_path / "again"
    command = [sys.executable, "-m", "octet.service.atlas.build"]
    command += ["--node-modules", str(node_modules), "--output", str(output)]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONHASHSEED": "1"})
    assert output.read_bytes() == atlas_path.read_bytes()


def test_a_built_file_is_current(atlas_path: Path, node_modules: Path) -> None:
    """Nothing is built twice."""
    assert is_current(atlas_path, node_modules)


def test_other_files_are_not_current(node_modules: Path, tmp_path: Path) -> None:
    """A missing file is to be built."""
    assert not is_current(tmp_path / "none", node_modules)


def test_another_package_version_makes_it_stale(
    atlas_path: Path, node_modules: Path, tmp_path: Path
) -> None:
    """The file knows which packages it was built from."""
    for name in fingerprint(node_modules):
        if (node_modules / name / "package.json").exists():
            (tmp_path / name).mkdir(parents=True)
            shutil.copy(node_modules / name / "package.json", tmp_path / name)
    assert is_current(atlas_path, tmp_path)
    (tmp_path / "cldr-core" / "package.json").write_text('{"version": "0.0.0"}')
    assert not is_current(atlas_path, tmp_path)


def test_no_licence_forbids_it(node_modules: Path) -> None:
    """GeoLite2 is in no atlas."""
    assert not [name for name in fingerprint(node_modules) if "geolite" in name.lower()]
