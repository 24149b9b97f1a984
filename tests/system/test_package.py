"""The npm package, packed, installed and embedded as a customer does by the documents."""

import json
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest
import trio

from octet import __version__
from octet.schema import Envelope, structure
from tests.edge.fakes import FakeService
from tests.system.conftest import Visitor
from tests.system.site import HTML, JAVASCRIPT, Site

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/collector.md"
READMES = (ROOT / "web/collector/README.md",)
FENCE = re.compile(r"```(html|jsx|js)\n(.*?)```\n", re.DOTALL)
FILES = {
    "LICENSE",
    "README.md",
    "package.json",
    *(f"dist/octet-collector.{end}" for end in ("d.ts", "js", "js.map", "js.sri")),
    *(f"dist/octet-collector.{end}" for end in ("mjs", "mjs.map")),
}

POSTED = """globalThis.posted = new Promise((resolve) => {
  const { fetch } = globalThis;
  globalThis.fetch = async (...request) => {
    const reply = await fetch(...request);
    resolve(reply.status);
    return reply;
  };
});"""
"""In the page: the status of the answer to its report."""

REACT_ENTRY = """
import { createRoot } from "react-dom/client";
import { createElement, StrictMode } from "react";
import { OctetVisit } from "./snippet.jsx";
const visit = createElement(OctetVisit, { sessionRef: "sess_…" });
createRoot(document.body).render(createElement(StrictMode, null, visit));
"""
VUE_ENTRY = """
import { createApp } from "vue";
import { useOctet } from "./snippet.js";
createApp({ setup() { useOctet("sess_…"); return () => null; } }).mount(document.body);
"""
TYPED = """
import { verify, OctetError, type Answer, type Config } from "@octet/collector";
const config: Config = { apiUrl: "/octet", landmarks: ["https://eu.yourapp.com/octet"] };
export const answer: Promise<Answer> = verify(config);
export const code = (error: OctetError): string => error.code;
"""
IMPORTED = """
const before = Object.getOwnPropertyNames(globalThis);
const octet = await import("@octet/collector");
const after = Object.getOwnPropertyNames(globalThis);
const { code } = await octet.verify({ apiUrl: "https://a.example" }).catch((error) => error);
const added = after.filter((name) => !before.includes(name));
console.log(JSON.stringify({ names: Object.keys(octet).sort(), added, code }));
"""


def run(*command: object, at: Path) -> str:
    """Run *command* in *at*, which must succeed; return what it printed."""
    done = subprocess.run(
        [str(part) for part in command],
        check=True,
        capture_output=True,
        text=True,
        cwd=at,
        env=os.environ | {"NODE_PATH": str(ROOT / "node_modules")},
    )
    return done.stdout


@pytest.fixture(scope="module")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``npm pack`` builds from the sources, in a copy: other tests read the built files."""
    root, out = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("pack")
    at = root / "web/collector"
    shutil.copytree(ROOT / "web/collector", at, ignore=shutil.ignore_patterns("dist*", ".*"))
    (root / "node_modules").symlink_to(ROOT / "node_modules")
    run("npm", "pack", "--silent", "--pack-destination", out, at=at)
    (path,) = out.iterdir()
    return path


@pytest.fixture(scope="module")
def project(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A customer's project into which the package was installed, without a network."""
    at = tmp_path_factory.mktemp("project")
    (at / "package.json").write_text('{"private": true, "type": "module"}')
    quiet = ("--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")
    run("npm", "install", *quiet, tarball, at=at)
    return at


def snippets(language: str) -> list[str]:
    """Return the snippets of the documents' page in *language*."""
    text = PAGE.read_text(encoding="utf-8")
    return [code for name, code in FENCE.findall(text) if name == language]


def test_contents(tarball: Path) -> None:
    """The package holds the built files, what they may be used for, and nothing else."""
    with tarfile.open(tarball) as packed:
        names = {member.name.removeprefix("package/") for member in packed.getmembers()}
        manifest = packed.extractfile("package/package.json")
        assert manifest is not None
        version = json.load(manifest)["version"]
    assert names == FILES
    assert version == __version__
    assert (ROOT / "web/collector/LICENSE").read_text() == (ROOT / "LICENSE").read_text()


def test_no_dependencies(project: Path) -> None:
    """With the package nothing else is installed."""
    installed = {path.name for path in (project / "node_modules").iterdir()}
    assert installed - {".package-lock.json"} == {"@octet"}


def test_import_on_a_server(project: Path) -> None:
    """Where there is no browser the package is imported, touches nothing, and refuses to run."""
    (project / "server.mjs").write_text(IMPORTED)
    told = json.loads(run("node", "server.mjs", at=project))
    assert told == {"names": ["OctetError", "verify"], "added": [], "code": "unsupported"}


@pytest.mark.parametrize("resolution", ["bundler", "node16"])
def test_types(project: Path, resolution: str) -> None:
    """A TypeScript project finds the types, however it resolves modules."""
    (project / "typed.ts").write_text(TYPED)
    module = {"bundler": "esnext", "node16": "node16"}[resolution]
    options = ("--strict", "--noEmit", "--target", "es2020", "--lib", "es2020,dom")
    tsc = ROOT / "node_modules/.bin/tsc"
    run(tsc, *options, "--module", module, "--moduleResolution", resolution, "typed.ts", at=project)


def test_readme() -> None:
    """What the package's own page shows is what the documents show, which the next test runs."""
    shown = set(FENCE.findall(PAGE.read_text(encoding="utf-8")))
    for readme in READMES:
        named = FENCE.findall(readme.read_text(encoding="utf-8"))
        assert len(named) >= 4
        assert set(named) <= shown


def bundle(project: Path, name: str, entry: str, snippet: str) -> bytes:
    """Bundle *snippet* with the *entry* that uses it, as a customer's build does."""
    at = project / name
    at.mkdir(exist_ok=True)
    (at / f"snippet.{'jsx' if name == 'react' else 'js'}").write_text(snippet)
    (at / "entry.js").write_text(entry)
    options = (
        "--bundle",
        "--charset=utf8",
        "--jsx=automatic",
        "--define:process.env.NODE_ENV='production'",
    )
    esbuild = ROOT / "node_modules/.bin/esbuild"
    run(esbuild, "entry.js", *options, "--log-level=error", "--outfile=built.js", at=at)
    return (at / "built.js").read_bytes()


def pages(project: Path) -> Mapping[str, tuple[str, ...]]:
    """Return the documents' pages: each the HTML, and for bundles the script."""
    tag, checked, module = snippets("html")
    (react,), (vue,) = snippets("jsx"), snippets("js")
    return {
        "tag": (tag,),
        "checked": (checked,),
        "module": (module,),
        "renamed": (tag.replace("/octet/octet-collector.js?v=0.1.0", "/any/name.js"),),
        "react": (BUNDLED, bundle(project, "react", REACT_ENTRY, react).decode()),
        "vue": (BUNDLED, bundle(project, "vue", VUE_ENTRY, vue).decode()),
    }


BUNDLED = '<body><script src="SCRIPT"></script></body>'


async def test_snippets(visitor: Visitor, service: FakeService, project: Path) -> None:
    """Every snippet of the documents, on a page of its own, brings its report to the service."""
    dist = project / "node_modules/@octet/collector/dist"
    integrity = (dist / "octet-collector.js.sri").read_text().strip()
    site = visitor.site
    site.files["/any/name.js"] = (JAVASCRIPT, (dist / "octet-collector.js").read_bytes())
    refs = {}
    for name, (html, *script) in pages(project).items():
        refs[name] = f"sess_snippet_{name}"
        embed(site, name, html.replace("sha384-…", integrity), script, refs[name])
    async with trio.open_nursery() as nursery:
        for name in refs:
            nursery.start_soon(posted, visitor, f"/{name}")
    envelopes = [structure(Envelope, raw) for raw in service.envelopes]
    assert {envelope.session_ref for envelope in envelopes} == set(refs.values())
    assert all(len(envelope.observed.latency) == 1 for envelope in envelopes)


async def test_integrity(visitor: Visitor, service: FakeService) -> None:
    """A script that is not the one whose integrity the page names is not run."""
    _, checked, _ = snippets("html")
    embed(
        visitor.site, "wrong", checked.replace("sha384-…", f"sha384-{'A' * 64}"), [], "sess_wrong1"
    )
    seen = await visitor.visit(path="/wrong", expression="typeof octet")
    assert seen.value == "undefined"
    assert service.batches == []


def embed(site: Site, name: str, html: str, script: list[str], ref: str) -> None:
    """Put the page *html* at the path *name*, with *ref* in it and this site for the customer's."""
    page = html.replace("https://yourapp.com", site.url).replace("SCRIPT", f"/{name}.js")
    head = "<!doctype html><meta charset=utf-8><title>page</title>"
    site.files[f"/{name}"] = (HTML, (head + page.replace("sess_…", ref)).encode())
    for text in script:
        site.files[f"/{name}.js"] = (JAVASCRIPT, text.replace("sess_…", ref).encode())


async def posted(visitor: Visitor, path: str) -> None:
    """Visit the page at *path* until its report is answered."""
    seen = await visitor.visit(path=path, expression="posted", preload=POSTED)
    assert (seen.value, seen.errors) == (200, ())
