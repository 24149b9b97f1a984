import inspect
import subprocess
import sys

import octet.schema


def test_all_lists_every_public_name() -> None:
    """``__all__`` names exactly what the package offers, and each name is there."""
    public = [
        name
        for name, value in vars(octet.schema).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    ]
    assert sorted(public) == sorted(octet.schema.__all__)
    assert len(set(octet.schema.__all__)) == len(octet.schema.__all__)


def test_the_shared_ground_is_pure_and_knows_no_verdict() -> None:
    """Importing the schema loads no event loop, no network library, no numpy, and no verdict."""
    program = "import octet.schema, sys; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout.split()
    strangers = ("trio", "anyio", "httpx", "quart", "hypercorn", "numpy", "octet.schema.verdict")
    assert "octet.schema" in modules
    assert not [name for name in modules if name.startswith(strangers)]
