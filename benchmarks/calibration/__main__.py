"""``python -m benchmarks.calibration``: draw sessions, fit the model, write it where it serves."""

import argparse
import hashlib
import sys
from typing import Final

import attrs
import numpy as np

from benchmarks.calibration.crowd import HIDDEN, Crowd
from benchmarks.calibration.fit import fit
from benchmarks.calibration.module import write
from octet.service.atlas import Atlas
from octet.service.config import DEFAULT_ATLAS

SEED: Final = 7
WORLDS: Final = 40
SESSIONS: Final = 40


def main() -> int:
    """Fit and write; the same seed, tables and code give the same model."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibration")
    parser.add_argument("--worlds", type=int, default=WORLDS)
    parser.add_argument("--sessions", type=int, default=SESSIONS, help="of each class in each")
    parser.add_argument("--seed", type=int, default=SEED, help="another than the test's")
    options = parser.parse_args()
    atlas, rng = Atlas.load(DEFAULT_ATLAS), np.random.default_rng(options.seed)
    crowd = Crowd.draw(atlas, rng, worlds=options.worlds, sessions=options.sessions, hidden=HIDDEN)
    model = fit(crowd, atlas.version)
    digest = hashlib.sha256(repr(model).encode()).hexdigest()[:8]
    write(attrs.evolve(model, version=f"{atlas.version}-{digest}"))
    sys.stdout.write(f"{len(crowd.case):,} sessions; {model.thresholds}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
