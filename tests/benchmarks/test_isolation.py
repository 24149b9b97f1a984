"""Comparing distributions of times."""

import random

import pytest

from benchmarks.isolation import KINDS, chance, distance, ref, report

SEED = 1


def draws(count: int, shift: float = 0.0) -> list[float]:
    rng = random.Random(SEED + count)  # noqa: S311 - not a secret
    return [rng.gauss(100 + shift, 10) for _ in range(count)]


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [([1, 2, 3], [1, 2, 3], 0), ([1, 2], [3, 4], 1), ([1, 3], [2, 4], 0.5), ([1], [1, 2], 0.5)],
)
def test_distance(one: list[float], two: list[float], expected: float) -> None:
    """The distance is the largest difference of the shares below any time."""
    assert distance(one, two) == expected == distance(two, one)


def test_chance() -> None:
    """Equal distributions lie within what chance gives, and a tenth of a spread does not."""
    one, same, other = draws(4000), draws(4001), draws(4002, shift=2)
    assert distance(one, same) < chance(4000, 4001)
    assert distance(one, other) > chance(4000, 4002)


def test_report() -> None:
    """Each kind is compared with the unknown, beside the noise of the unknown itself."""
    found = report({kind: draws(100) for kind in KINDS})
    assert set(found["fromUnknown"]) == set(KINDS) - {"unknown"}
    assert all(row["ks"] == 0 for row in found["fromUnknown"].values())
    assert found["noise"]["ks"] > 0


def test_references_are_equally_long() -> None:
    """No kind is told by the length of its references."""
    assert len({len(ref(kind, number)) for kind in KINDS for number in (0, 499)}) == 1
