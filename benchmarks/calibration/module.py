"""The fitted model as the module that the engine imports."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs

from octet.service.engine import fitted
from octet.service.engine.model import Model

FILE: Final = Path(fitted.__file__)
HEAD: Final = '''"""The model that serves. Written by ``make fit``, never by hand."""

from typing import Final

from octet.service.engine.model import Calibration, Model, Thresholds

FITTED: Final = Model(
'''


def write(model: Model, file: Path = FILE) -> None:
    """Write *model* in place of what was fitted last."""
    file.write_text(HEAD + "\n".join(_lines(model)) + "\n", encoding="utf-8")


def _lines(model: Model) -> Iterator[str]:
    limits, calibration = model.thresholds, model.calibration
    yield f'    version="{model.version}",'
    levels = ", ".join(f"{name}={value}" for name, value in attrs.asdict(limits).items())
    yield f"    thresholds=Thresholds({levels}),"
    yield "    calibration=Calibration("
    yield "        by_pattern={"
    for name, line in sorted(calibration.by_pattern.items()):
        yield f'            "{name}": {line},'
    yield "        },"
    yield f"        usual={calibration.usual},"
    yield from _table("claimed", calibration.claimed)
    yield from _table("right", calibration.right)
    yield "    ),"
    yield ")"


def _table(name: str, values: tuple[float, ...]) -> Iterator[str]:
    yield f"        {name}=("
    for value in values:
        yield f"            {value},"
    yield "        ),"
