"""The options of ``octet-service explain``, apart from what loads the engine."""

import argparse
from pathlib import Path
from typing import Any


def add_parser(commands: Any) -> None:
    """Add ``explain`` to the subparsers *commands*."""
    parser = commands.add_parser(
        "explain",
        help="say why one envelope is judged as it is",
        description="Say why one envelope is judged as it is. The output holds addresses and"
        " signals: it is the operator's alone.",
    )
    parser.add_argument("file", metavar="FILE", help="an envelope, or a batch of them; - is stdin")
    parser.add_argument("--index", type=_index, metavar="N", help="which of a batch, from 0")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.add_argument("--html", type=Path, metavar="PAGE", help="write a page with a map")


def _index(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 4):  # noqa: PLR2004 - 64 at most
        raise argparse.ArgumentTypeError("must be an integer from 0")
    return int(text)
