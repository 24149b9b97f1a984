"""Settings from variables."""

from pathlib import Path

import pytest

from octet.serving import ConfigError, Environment


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    """All that is wrong is told together, without the values."""
    present = tmp_path / "present"
    present.touch()
    env = Environment(
        {"A": "x", "B": "maybe", "C": str(tmp_path / "absent"), "D": str(present), "N": "99"}
    )
    env.integer("A", 1)
    env.integer("N", 1, high=9)
    env.flag("B")
    env.file("C")
    env.pair("D", "E")
    with pytest.raises(ConfigError) as caught:
        env.finish()
    assert caught.value.faults == [
        "A must be an integer from 0 to 2147483648",
        "N must be an integer from 0 to 9",
        "B must be 1 or 0",
        "C names a file that cannot be read: No such file or directory",
        "D and E must be set both or not at all",
    ]


def test_good_values_and_defaults(tmp_path: Path) -> None:
    """An empty variable counts as unset, and blanks around a value do not count."""
    file = tmp_path / "file"
    file.touch()
    env = Environment({"E": " ", "I": " 7 ", "F": "ON", "O": "off", "P": str(file), "T": " text "})
    assert env.text("E", "default") == "default"
    assert env.text("T") == "text"
    assert (env.integer("I", 1), env.integer("E", 1)) == (7, 1)
    assert (env.flag("F"), env.flag("O"), env.flag("E")) == (True, False, False)
    assert (env.file("P"), env.file("E")) == (file, None)
    assert (env.pair("P", "P"), env.pair("E", "E")) == ((file, file), None)
    env.finish()


@pytest.mark.parametrize("text", ["-1", "1.0", "1e3", "٣", "0x1", "1_0", "2147483649", "9" * 5000])
def test_integers_are_decimal_and_bounded(text: str) -> None:
    """What is no plain decimal integer within the bounds is a fault."""
    env = Environment({"I": text})
    assert env.integer("I", 5) == 5
    with pytest.raises(ConfigError):
        env.finish()


def test_target(tmp_path: Path) -> None:
    """A file to be written needs a directory that is there; it may be there itself, or not."""
    present = tmp_path / "present"
    present.touch()
    env = Environment(
        {"A": str(tmp_path / "new"), "B": str(present), "C": f"{present}/x", "D": str(tmp_path)}
    )
    assert [env.target(name) for name in "AB"] == [tmp_path / "new", present]
    assert [env.target(name) for name in "CDE"] == [None] * 3
    with pytest.raises(ConfigError) as caught:
        env.finish()
    assert caught.value.faults == [f"{name} names a file that cannot be written" for name in "CD"]
