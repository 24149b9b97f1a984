import inspect
import subprocess
import sys

import octet.client


def test_all_lists_every_public_name() -> None:
    """``__all__`` is sorted and names exactly what the package offers."""
    public = [
        name
        for name, value in vars(octet.client).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    ]
    assert octet.client.__all__ == sorted(octet.client.__all__)
    assert sorted(public) == octet.client.__all__


def test_the_client_loads_neither_edge_nor_service() -> None:
    """A process that imports the client has no module of the edge, the service or their tools."""
    program = "import octet.client, sys; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout.split()
    strangers = ("octet.edge", "octet.service", "trio", "quart", "hypercorn", "numpy", "pyseto")
    assert "octet.client" in modules
    assert not [name for name in modules if name.startswith(strangers)]
