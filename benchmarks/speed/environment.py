"""Where a measurement was made."""

import os
import platform
import re
import ssl
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

PACKAGES: Final = (
    "trio", "hypercorn", "h11", "h2", "httpx", "cattrs", "pyseto", "numpy", "quart-trio",
    "uvicorn", "httptools", "uvloop", "granian", "starlette", "aiohttp", "coredis",
)  # fmt: skip
PROGRAMS: Final = (("go", "version"), ("nginx", "-v"), ("redis-server", "--version"))


def environment() -> dict[str, Any]:
    """Return the machine, and the versions of this moment; nothing that names the machine."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memoryMib": _memory_mib(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "openssl": ssl.OPENSSL_VERSION,
        "packages": {name: version(name) for name in PACKAGES},
        "commit": _commit(),
        "programs": {command[0]: _says(command) for command in PROGRAMS},
    }


def _cpu() -> str:
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    return found[1] if found else platform.machine()


def _memory_mib() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20


def _commit() -> str:
    """Return which sources these are; with a plus sign when they were changed since."""
    return _says(("git", "describe", "--always", "--dirty=+", "--exclude=*"))


def _says(command: tuple[str, ...]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "not there"
    return (done.stdout or done.stderr).strip().splitlines()[0]
