from pathlib import Path

import numpy as np

from octet.service.atlas.sources.addresses import Ranges, announced, as_ranges, segments


def ranges(*rows: tuple[int, int, int]) -> Ranges:
    first, last, value = zip(*rows, strict=True)
    return Ranges(np.array(first, np.uint64), np.array(last, np.uint64), np.array(value))


def test_segments_are_constant_in_every_source() -> None:
    """Every border of every source starts a row, and only those."""
    one = ranges((10, 19, 1), (20, 29, 2))
    two = ranges((15, 24, 3))
    systems = ranges((10, 29, 64500))
    rows = segments([one, two], systems, np.array([64500]))
    assert rows["first"].tolist() == [0, 10, 15, 20, 25, 30]
    assert rows["country"].tolist() == [[255, 255], [1, 255], [1, 3], [2, 3], [2, 255], [255, 255]]
    assert rows["system"].tolist() == [1, 0, 0, 0, 0, 1]


def test_equal_neighbours_are_one_row() -> None:
    """Ranges that touch and say the same are joined."""
    source = ranges((10, 19, 1), (20, 29, 1))
    rows = segments([source], ranges((10, 14, 7), (15, 29, 7)), np.array([7]))
    assert rows["first"].tolist() == [0, 10, 30]


def test_a_range_may_end_with_the_address_space() -> None:
    """The last address has no successor."""
    rows = segments([ranges((10, 2**64 - 1, 1))], ranges((0, 1, 7)), np.array([7]))
    assert rows["country"][-1].tolist() == [1]


def test_as_csv(tmp_path: Path) -> None:
    """Quoted names keep their commas; the first spelling of a number stays."""
    path = tmp_path / "asn.csv"
    path.write_text('16777216,16777471,13335,"Cloudflare, Inc."\n16777472,16777473,13335,CF\n')
    found, names = as_ranges(path, v6=False)
    assert names == {13335: "Cloudflare, Inc."}
    assert announced(found) == {13335: 258}


def test_v6_keeps_its_upper_half(tmp_path: Path) -> None:
    """IPv6 pieces inside one /64 count as the first of them."""
    path = tmp_path / "asn.csv"
    base = 0x2A00 << 112
    path.write_text(f"{base},{base + 5},1,a\n{base + 6},{base + 2**64 - 1},2,b\n")
    found, _ = as_ranges(path, v6=True)
    assert found.first.tolist() == [0x2A00 << 48]
    assert found.value.tolist() == [1]
