"""Build the atlas, offline and reproducibly, from packages that anyone can install.

    python -m octet.service.atlas.build --node-modules DIR --output FILE

The same packages and the same code give the same bytes. A file that is already that is left alone.
"""

import argparse
import sys
from pathlib import Path

from octet.service.atlas.assembly import build, is_current


def main(arguments: list[str] | None = None) -> int:
    """Build the atlas at ``--output``; 0 when it is there afterwards."""
    parser = argparse.ArgumentParser(
        prog="octet.service.atlas.build", description="Build the atlas."
    )
    parser.add_argument("--node-modules", type=Path, required=True, help="where npm put the data")
    parser.add_argument("--output", type=Path, required=True, help="the file to write")
    parser.add_argument("--force", action="store_true", help="build it even if it is current")
    options = parser.parse_args(arguments)
    if not options.force and is_current(options.output, options.node_modules):
        sys.stdout.write(f"{options.output} is up to date\n")
        return 0
    build(options.node_modules, options.output)
    sys.stdout.write(f"{options.output}: {options.output.stat().st_size:,} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
