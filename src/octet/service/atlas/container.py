"""The file that an atlas lives in: named arrays behind a JSON header, mapped instead of read.

    16 bytes   magic, with the version of this layout
     8 bytes   length of the header, little endian
               header, JSON with sorted keys: {"meta": …, "arrays": {name: [dtype, shape, offset]}}
               arrays, little endian, each on a 64-byte boundary

The same input gives the same bytes: no clock, no host name, no dictionary order gets in. Nothing is
compressed, so a process pays only for the pages it touches and processes share them.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

MAGIC = b"octet-atlas\x00\x00\x00\x00\x01"
ALIGNMENT_BYTES = 64
MAX_HEADER_BYTES = 4 * 1024 * 1024

Array = npt.NDArray[Any]


class AtlasError(Exception):
    """The file is no atlas, or one that this version cannot read. The operator's fault."""


def write(path: Path, meta: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Write an atlas file; whoever reads *path* meanwhile sees the old file or the new one."""
    parts = {name: _little_endian(arrays[name]) for name in sorted(arrays)}
    table: dict[str, list[Any]] = {}
    offset = 0
    for name, part in parts.items():
        table[name] = [part.dtype.str, list(part.shape), offset]
        offset += part.nbytes + _padding(part.nbytes)
    header = json.dumps({"meta": meta, "arrays": table}, sort_keys=True).encode()
    header += b" " * _padding(len(MAGIC) + 8 + len(header))
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    with draft.open("wb") as file:
        file.write(MAGIC + len(header).to_bytes(8, "little") + header)
        for part in parts.values():
            file.write(part.tobytes())
            file.write(bytes(_padding(part.nbytes)))
    draft.replace(path)


def read(path: Path) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return the metadata and the arrays of an atlas file, the arrays mapped read-only.

    Raises:
        AtlasError: *path* cannot be read, or is no atlas of this layout.
    """
    header, start = _read_header(path)
    try:
        data = np.memmap(path, dtype=np.uint8, mode="r")
        arrays = {
            name: _view(data, dtype, shape, start + offset)
            for name, (dtype, shape, offset) in header["arrays"].items()
        }
    except (OSError, KeyError, TypeError, ValueError) as exc:
        raise AtlasError(f"{path} is a damaged atlas; build it again") from exc
    return header["meta"], arrays


def read_meta(path: Path) -> dict[str, Any]:
    """Return only the metadata.

    Raises:
        AtlasError: as `read`.
    """
    meta: dict[str, Any] = _read_header(path)[0]["meta"]
    return meta


def _read_header(path: Path) -> tuple[dict[str, Any], int]:
    try:
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise AtlasError(f"{path} is no atlas of this version; build it again")
            size = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(min(size, MAX_HEADER_BYTES)))
    except (OSError, ValueError) as exc:
        raise AtlasError(f"the atlas {path} cannot be read") from exc
    if not isinstance(header, dict) or not header.keys() >= {"meta", "arrays"}:
        raise AtlasError(f"{path} is a damaged atlas; build it again")
    return header, len(MAGIC) + 8 + size


def _view(data: Array, dtype: str, shape: list[int], offset: int) -> Array:
    kind = np.dtype(dtype)
    size = int(np.prod(shape)) * kind.itemsize
    return np.asarray(data[offset : offset + size]).view(kind).reshape(shape)


def _little_endian(array: Array) -> Array:
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))


def _padding(size: int) -> int:
    return -size % ALIGNMENT_BYTES
