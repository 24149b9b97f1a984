"""The collector's cost: its page, and the peers that it is weighed beside."""

import json
import re

from benchmarks import collector_cost
from benchmarks.collector_cost import ROOT, SIZES

LOCK = json.loads(SIZES.with_name("package-lock.json").read_text())["packages"]


def test_rendered_cost() -> None:
    """The documents' table of costs is the one that the raw figures give."""
    results = json.loads(collector_cost.RESULTS.read_text())
    assert collector_cost.TABLE.read_text() == collector_cost.render(results)


def test_peers_are_pinned() -> None:
    """Each peer is a version by its content, from no named place, and none of the project's own."""
    (own, *packages) = LOCK.values()
    assert len(packages) > len(own["dependencies"]) > 4
    assert all(re.fullmatch(r"[\d.]+", version) for version in own["dependencies"].values())
    assert all("integrity" in package and "resolved" not in package for package in packages)
    project = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert not {f"node_modules/{name}" for name in own["dependencies"]} & set(project)


def test_longest() -> None:
    """A task counts for every mark in it, and a visit by its longest."""
    task = {"threadMs": 3.0, "marks": ["octet post", "octet script"]}
    visits = [[task, {"threadMs": 9.0, "marks": []}, {"threadMs": 5.0, "marks": ["octet post"]}]]
    longest = collector_cost.longest_ms(visits, "threadMs")
    assert longest == {"post": [5.0], "script": [3.0], "other": [9.0]}
