from pathlib import Path

import numpy as np
import pytest

from octet.service.atlas.container import (
    ALIGNMENT_BYTES,
    MAGIC,
    Array,
    AtlasError,
    read,
    read_meta,
    write,
)

ARRAYS: dict[str, Array] = {
    "small": np.arange(5, dtype=np.uint8),
    "wide": np.arange(6, dtype=np.float64).reshape(2, 3),
    "empty": np.zeros((0, 3), np.int16),
}


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """Arrays come back with type, shape and content, and the metadata with them."""
    path = tmp_path / "new" / "file"
    write(path, {"date": "2026-01-01"}, ARRAYS)
    meta, arrays = read(path)
    assert meta == read_meta(path) == {"date": "2026-01-01"}
    assert set(arrays) == set(ARRAYS)
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(arrays[name], array)


def test_order_of_arrays_does_not_change_the_bytes(tmp_path: Path) -> None:
    """The file depends on the content alone."""
    write(tmp_path / "a", {"x": 1, "y": 2}, ARRAYS)
    write(tmp_path / "b", {"y": 2, "x": 1}, dict(reversed(ARRAYS.items())))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_arrays_are_read_only_and_aligned(tmp_path: Path) -> None:
    """A mapped table cannot be changed by accident, and starts on its boundary."""
    write(tmp_path / "a", {}, ARRAYS)
    wide = read(tmp_path / "a")[1]["wide"]
    assert not wide.flags.writeable
    assert wide.ctypes.data % ALIGNMENT_BYTES == 0


def test_big_endian_input_is_stored_little_endian(tmp_path: Path) -> None:
    """The artefact is the same on every machine."""
    write(tmp_path / "a", {}, {"x": np.array([1, 2], dtype=">i4")})
    write(tmp_path / "b", {}, {"x": np.array([1, 2], dtype="<i4")})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense",
        MAGIC + b"\xff{",
        MAGIC + (2).to_bytes(8, "little") + b"[]",
        MAGIC + (2).to_bytes(8, "little") + b"{}",
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    """A file that is no atlas is refused with a clear error, whoever asks for whatever of it."""
    (tmp_path / "a").write_bytes(content)
    for reader in (read, read_meta):
        with pytest.raises(AtlasError):
            reader(tmp_path / "a")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """No file, no atlas."""
    with pytest.raises(AtlasError, match="cannot be read"):
        read_meta(tmp_path / "none")


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    """A file that ends early is damaged, not silently short."""
    write(tmp_path / "a", {}, {"wide": np.arange(100.0)})
    (tmp_path / "a").write_bytes((tmp_path / "a").read_bytes()[:-200])
    with pytest.raises(AtlasError, match="damaged"):
        read(tmp_path / "a")
