"""``octet-service explain FILE``: what the operator asks about one envelope.

What it prints holds addresses and signals: it goes to standard output, or the file that the
operator names, which only they may read; nothing is logged.
"""

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from octet.service.atlas import Atlas, AtlasError, OperatorError
from octet.service.config import ServiceConfig
from octet.service.engine import Engine
from octet.service.explain.envelope_file import EnvelopeFileError, read_bytes, read_envelope
from octet.service.explain.page import render_page
from octet.service.explain.plain import render_json
from octet.service.explain.reasons import explain
from octet.service.explain.terminal import render_terminal
from octet.serving import ConfigError

EXIT_UNREADABLE = 2
EXIT_UNWRITABLE = 1
PRIVATE = 0o600


def run(options: argparse.Namespace, variables: Mapping[str, str]) -> int:
    """Explain the envelope in ``options.file``; return the exit status."""
    try:
        envelope = read_envelope(read_bytes(options.file), options.index)
        engine = Engine(_atlas(variables))
    except EnvelopeFileError as exc:
        return _failed(f"{options.file} {exc}", EXIT_UNREADABLE)
    except ConfigError as exc:
        return _failed(f"the configuration cannot be used:\n{exc}", EXIT_UNREADABLE)
    told = explain(engine, envelope)
    if options.html is not None:
        try:
            _write(options.html, render_page(told, engine.atlas))
        except OSError as exc:
            return _failed(f"{options.html} cannot be written: {exc.strerror}", EXIT_UNWRITABLE)
    if options.json or options.html is None:
        sys.stdout.write(render_json(told) if options.json else render_terminal(told))
    return 0


def _atlas(variables: Mapping[str, str]) -> Atlas:
    config = ServiceConfig.with_tables(variables)
    try:
        return Atlas.load(config.atlas).with_operator(config.operator_tables())
    except (AtlasError, OperatorError) as exc:
        raise ConfigError([str(exc)]) from exc


def _write(path: Path, text: str) -> None:
    """Write a file that nobody else may read, as far as it is new."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE), "wb") as file:
        file.write(text.encode())


def _failed(text: str, status: int) -> int:
    print(f"octet-service explain: {text}", file=sys.stderr)  # noqa: T201 - a word to the operator
    return status
