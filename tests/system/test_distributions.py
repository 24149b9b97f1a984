"""The two distributions, built and installed as customers and operators get them."""

import ast
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from email.parser import Parser
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from examples.demo.process import running
from octet import __version__
from octet.edge.assets import CONTENT_TYPES

ROOT = Path(__file__).parents[2]


def run(command: Sequence[object], **variables: str) -> str:
    """Run *command*, which must succeed; return what it printed."""
    done = subprocess.run(
        [str(part) for part in command],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **variables},
        cwd="/",
    )
    return done.stdout


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Both wheels, by distribution."""
    out = tmp_path_factory.mktemp("dist")
    for source in (ROOT, ROOT / "packaging/octet-service"):
        command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", out]
        run([*command, source])
    return {path.name.split("-")[0]: path for path in out.iterdir()}


@pytest.fixture(scope="module")
def customer(wheels: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment into which only ``octet[edge]`` was installed; its ``bin``."""
    return install(tmp_path_factory.mktemp("customer"), f"{wheels['octet']}[edge]")


@pytest.fixture(scope="module")
def operator(wheels: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with both wheels; its ``bin``."""
    home = tmp_path_factory.mktemp("operator")
    return install(home, f"{wheels['octet']}[edge]", wheels["octet_service"])


def install(home: Path, *wanted: object) -> Path:
    """Make an environment at *home* with what is *wanted* and no more; return its ``bin``."""
    run([sys.executable, "-m", "venv", home])
    constraints = home / "constraints.txt"
    locked = (ROOT / "requirements/dev.txt").read_text().splitlines()
    pins = [line.split(" ")[0] for line in locked if line[:1].isalnum()]
    constraints.write_text("\n".join(pins))
    pip = [home / "bin/python", "-m", "pip", "install", "--quiet"]
    run([*pip, "--constraint", constraints, *wanted])
    return home / "bin"


def names(wheel: Path) -> list[str]:
    """The files of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_octet_holds_nothing_of_the_service(wheels: Mapping[str, Path]) -> None:
    """No module and no data of octet.service is in what customers install."""
    packages = {"/".join(name.split("/")[:2]) for name in names(wheels["octet"])}
    assert packages >= {"octet/client", "octet/edge", "octet/schema", "octet/serving"}
    assert "octet/service" not in packages
    assert not any(name.endswith((".octet", ".mmdb", ".npz")) for name in names(wheels["octet"]))


def test_octet_holds_the_collector(wheels: Mapping[str, Path]) -> None:
    """The collector's files travel inside the edge, which serves them; no source map does."""
    collector = {name for name in names(wheels["octet"]) if "/collector/" in name}
    assert collector == {f"octet/edge/collector/{name}" for name in CONTENT_TYPES}


def test_octet_service_holds_only_the_service(wheels: Mapping[str, Path]) -> None:
    """The service's wheel adds octet/service with its tables, and pins octet[edge]."""
    wheel = wheels["octet_service"]
    code = [name for name in names(wheel) if ".dist-info/" not in name]
    assert all(name.startswith("octet/service/") for name in code)
    assert "octet/service/atlas/tables.octet" in code
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read(f"octet_service-{__version__}.dist-info/METADATA").decode()
    assert f"Requires-Dist: octet[edge]=={__version__}" in metadata


def required(wheel: Path, *extras: str) -> set[str]:
    """The distributions that a wheel depends on, with its *extras*, by normalised name."""
    with zipfile.ZipFile(wheel) as archive:
        (path,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(archive.read(path).decode())
    requirements = map(Requirement, metadata.get_all("Requires-Dist", ()))
    return {
        canonicalize_name(requirement.name)
        for requirement in requirements
        if requirement.marker is None
        or any(requirement.marker.evaluate({"extra": extra}) for extra in extras)
    }


def imported(*packages: str) -> set[str]:
    """The distributions of others that the source of *packages* of octet imports."""
    found = set()
    for package in packages:
        for path in (ROOT / "src/octet" / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                match node:
                    case ast.Import(names=aliases):
                        found |= {alias.name.partition(".")[0] for alias in aliases}
                    case ast.ImportFrom(module=str(module), level=0):
                        found.add(module.partition(".")[0])
    providers = packages_distributions()
    foreign = found - sys.stdlib_module_names - {"octet"}
    return {canonicalize_name(providers[name][0]) for name in foreign}


def test_what_is_imported_is_declared(wheels: Mapping[str, Path]) -> None:
    """Each distribution names itself whatever its own source imports; nothing comes by chance."""
    base, edge = required(wheels["octet"]), required(wheels["octet"], "edge")
    assert base < edge
    tokens = required(wheels["octet"], "tokens")
    assert imported("client", "schema") <= tokens | {"orjson"}  # used where it is, needed nowhere
    assert tokens - base == {"pyseto", "cryptography"}
    assert imported("edge", "serving") <= edge
    assert imported("service") <= required(wheels["octet_service"], "otel")


def test_an_installed_edge_knows_no_service(customer: Path) -> None:
    """In a customer's environment octet.service cannot be imported and none of its files lies."""
    script = (
        "import importlib.util, octet, pathlib;"
        "assert importlib.util.find_spec('octet.service') is None;"
        "root = pathlib.Path(octet.__file__).parent;"
        "print(*(p.relative_to(root) for p in root.rglob('*') if p.is_file()), sep='\\n')"
    )
    files = run([customer / "python", "-c", script]).splitlines()
    assert "edge/app.py" in files
    assert not [file for file in files if file.startswith("service")]
    assert not (customer / "octet-service").exists()


async def test_an_installed_edge_serves(customer: Path, tmp_path: Path) -> None:
    """``octet-edge`` from the wheel serves its health and the collector."""
    variables = {"OCTET_DEV": "1", "HOST": "127.0.0.1", "PORT": "0"}
    command = [str(customer / "octet-edge")]
    async with running(command, variables, tmp_path / "edge.log") as url:
        script = f"import httpx; print(httpx.get('{url}/octet-collector.js').text[:2000])"
        assert "octet" in run([customer / "python", "-c", script])


def test_an_installed_service_works(operator: Path, tmp_path: Path) -> None:
    """``octet-service`` from the wheels makes keys and a licence, and finds its own tables."""
    command, keyring = operator / "octet-service", tmp_path / "keyring.json"
    keys = [command, "keys", "--keyring", keyring]
    run([*keys, "init"])
    token = run([*keys, "issue-license", "--partner", "acme"])
    assert token.startswith("octet_live_v4.public.")
    checked = run([command, "--check-config"], OCTET_KEYRING=str(keyring), OCTET_ATLAS="")
    assert checked == "octet-service: the configuration is fine\n"
    script = "from octet.service.config import DEFAULT_ATLAS as at; print(at.is_file(), at)"
    found, _, place = run([operator / "python", "-c", script]).strip().partition(" ")
    assert found == "True"
    assert Path(place).is_relative_to(operator.parent)
