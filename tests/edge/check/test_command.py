"""``octet-edge check`` as people and scripts run it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import trio

from octet.edge.__main__ import main
from octet.edge.check.outside import NAMES
from tests.certificates import Certificate
from tests.edge.check.conftest import ORIGIN
from tests.edge.conftest import StartEdge, environment
from tests.edge.fakes import LICENSE, FakeService

EDGE = (sys.executable, "-m", "octet.edge")
SEED = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


async def check(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run the command in these *variables* alone."""
    done = await trio.run_process(
        [*EDGE, "check", *arguments],
        env={"PATH": os.environ["PATH"], **variables},
        capture_stdout=True,
        capture_stderr=True,
        check=False,
    )
    output = subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )
    for secret in (LICENSE, SEED, "Traceback"):
        assert secret not in output.stdout + output.stderr
    return output


async def test_inside(service: FakeService) -> None:
    """Without a URL it proves the edge's own settings; what is well ends with 0."""
    env = environment(service.url, EDGE_SIGNING_KEY=SEED)
    done = await check(**env)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("octet-edge check: ")
    assert lines[-1] == "fine: nothing failed, 1 to know of, 1 not known"
    assert "56475aa75463474c" in done.stdout


async def test_outside(start: StartEdge, service: FakeService) -> None:
    """With a URL it needs nothing but the licence, and JSON holds each finding."""
    edge = await start()
    arguments = ("--url", edge.url, "--origin", ORIGIN, "--json")
    done = await check(*arguments, LICENSE=LICENSE)
    assert (done.returncode, done.stderr) == (0, "")
    members: dict[str, Any] = json.loads(done.stdout)
    assert members["ok"] is True
    assert [finding["name"] for finding in members["findings"]] == list(NAMES)
    assert len(service.envelopes) == 1


async def test_failure(start: StartEdge) -> None:
    """What failed ends with 1, and the last line says how much."""
    edge = await start()
    done = await check("--url", edge.url, LICENSE=LICENSE)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == f"FAILED: 3 of {len(NAMES)} checks"
    assert "→ name it in ALLOWED_ORIGIN" in done.stdout


async def test_authority_of_its_own(start: StartEdge, certificate: Certificate) -> None:
    """A private authority is named by its file."""
    files = {
        "EDGE_TLS_CERT_FILE": str(certificate.chain),
        "EDGE_TLS_KEY_FILE": str(certificate.key),
    }
    edge = await start(**files)
    url = edge.url.replace("127.0.0.1", "localhost")
    ca_file = ("--ca-file", str(certificate.chain))
    done = await check("--url", url, "--origin", ORIGIN, *ca_file, LICENSE=LICENSE)
    assert done.returncode == 0


async def test_developers_edge(start: StartEdge) -> None:
    """An edge without a licence is checked by a check without one."""
    edge = await start(LICENSE="", OCTET_DEV="1")
    done = await check("--url", edge.url, "--origin", ORIGIN, OCTET_DEV="1")
    assert done.returncode == 0


@pytest.mark.parametrize("as_json", [False, True])
async def test_unusable_settings(as_json: bool, garbage: Path) -> None:
    """Settings that cannot be used end with 2, every fault named at once, and nothing checked."""
    more = ("--json",) if as_json else ()
    bad = {"LICENSE": "top-secret", "PORT": "eighty", "OCTET_URL": "service"}
    inside = await check(*more, **bad)
    outside = await check(*more, "--url", "http://a.test", "--ca-file", str(garbage), **bad)
    for done, names in (
        (inside, {"LICENSE", "PORT", "OCTET_URL"}),
        (outside, {"LICENSE", "--ca-file"}),
    ):
        assert done.returncode == 2
        faults = json.loads(done.stdout)["faults"] if as_json else done.stderr.splitlines()[1:]
        assert {fault.split()[0] for fault in faults} == names
        assert "top-secret" not in done.stdout + done.stderr


async def test_no_licence() -> None:
    """Without the licence no receipt can be opened, and the check does not begin."""
    done = await check("--url", "http://a.test")
    assert done.returncode == 2
    assert "LICENSE is required" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--url", "yourapp.com"),
        ("--url", "https://a.test", "--origin", "https://a.test/page"),
        ("--url", "https://a.test", "--source", "localhost"),
        ("--url", "https://a.test", "--address", "1.2.3"),
    ],
)
def test_unusable_arguments(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """Arguments that cannot be used end with 2, too, and a usage."""
    with pytest.raises(SystemExit) as caught:
        main(["check", *arguments])
    assert caught.value.code == 2
    assert "usage: octet-edge check" in capsys.readouterr().err
