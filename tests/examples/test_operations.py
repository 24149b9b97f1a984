"""The dashboards and alert rules: everything that they name is there."""

import configparser
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml  # type: ignore[import-untyped]  # its types are not installed
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from octet.edge.metrics import EdgeMetrics
from octet.service.deployment import DRAIN_S
from octet.service.metrics import ServiceMetrics
from octet.serving import ServerSettings
from octet.serving.workers import STOP_S

PLACE: Final = Path(__file__).parents[2] / "examples" / "operations"
DASHBOARDS: Final = sorted(PLACE.glob("grafana/*.json"))
ALERTS: Final = PLACE / "alerts.yml"
SCRAPED: Final = {"instance", "job"}
"""Labels that Prometheus adds."""

Labels = dict[str, set[str]]


def exposed() -> dict[str, Labels]:
    """Return each sample's name, to its labels with their values; every series is there at once."""
    found: dict[str, Labels] = {"up": {}}
    for metrics in (EdgeMetrics, ServiceMetrics):
        registry = CollectorRegistry()
        metrics(registry)
        for family in text_string_to_metric_families(generate_latest(registry).decode()):
            for sample in family.samples:
                labels = found.setdefault(sample.name, {})
                for label, value in sample.labels.items():
                    labels.setdefault(label, set()).add(value)
    return found


EXPOSED: Final = exposed()

TOKEN: Final = re.compile(
    r"""
    (?P<string>"(?:[^"\\]|\\.)*")
    | (?P<range>\[[^\]]*\])
    | (?P<grouping>\b(?:by|without|on|ignoring|group_left|group_right)\s*\((?P<labels>[^)]*)\))
    | (?P<function>[A-Za-z_]\w*)\s*(?=\(|\b(?:by|without)\b)
    | (?P<keyword>\b(?:by|without|on|ignoring|group_left|group_right|and|or|unless|bool|offset)\b)
    | (?P<name>[A-Za-z_:][\w:]*)(?:\s*\{(?P<matchers>(?:[^"}]|"(?:[^"\\]|\\.)*")*)\})?
    | (?P<number>[0-9.]+(?:e[+-]?[0-9]+|ms|[smhdwy])?)
    | (?P<other>[-+*/%^()<>=!,\s]+)
    """,
    re.VERBOSE,
)
MATCHER: Final = re.compile(r'\s*(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)')


class Expression:
    """What a PromQL expression names."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.selectors: list[tuple[str, list[tuple[str, str, str]]]] = []
        self.grouped: set[str] = set()
        place = 0
        while place < len(text):
            token = TOKEN.match(text, place)
            assert token, f"not understood: {text[place:]!r} of {text!r}"
            self._take(token)
            place = token.end()

    def _take(self, token: re.Match[str]) -> None:
        if token["name"]:
            matchers = token["matchers"] or ""
            assert MATCHER.sub("", matchers) == "", matchers
            self.selectors.append((token["name"], MATCHER.findall(matchers)))
        if token["grouping"]:
            self.grouped |= {label.strip() for label in token["labels"].split(",") if label.strip()}

    def faults(self) -> list[str]:
        """Return what it names that is not there."""
        found = [f"metric {name}" for name, _ in self.selectors if name not in EXPOSED]
        for name, matchers in self.selectors:
            labels = EXPOSED.get(name, {})
            for label, how, value in matchers:
                if label in SCRAPED:
                    continue
                if label not in labels:
                    found.append(f"label {label} of {name}")
                elif not _fits(how, value, labels[label]):
                    found.append(f"value {value} of {label} of {name}")
        known = SCRAPED.union(*(EXPOSED.get(name, {}) for name, _ in self.selectors))
        return found + [f"label {label} in a grouping" for label in sorted(self.grouped - known)]


def _fits(how: str, value: str, values: set[str]) -> bool:
    """Return whether a matcher can tell any of *values* from another."""
    if "~" in how:
        return any(re.fullmatch(value, each) for each in values)
    return value in values


def panels() -> Iterator[tuple[str, Any]]:
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text("utf-8"))["panels"]:
            yield path.stem, panel


def rules() -> list[Any]:
    return [r for g in yaml.safe_load(ALERTS.read_text("utf-8"))["groups"] for r in g["rules"]]


def expressions() -> list[tuple[str, str]]:
    """Return where each expression stands, and the expression."""
    charted = [
        (f"{dashboard}: {panel['title']}", target["expr"])
        for dashboard, panel in panels()
        for target in panel.get("targets", ())
    ]
    return [*charted, *((rule["alert"], rule["expr"]) for rule in rules())]


@pytest.mark.parametrize(("where", "text"), expressions())
def test_everything_named_is_there(where: str, text: str) -> None:
    """Metrics, labels and label values of every query exist in the edge or the service."""
    expression = Expression(text)
    assert expression.selectors, where
    assert expression.faults() == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("rate(octet_service_posts_total[5m])", "metric octet_service_posts_total"),
        ('octet_service_faults{path="x"}', "label path of octet_service_faults"),
        ('octet_service_faults{part="heart"}', "value heart of part of octet_service_faults"),
        ('octet_service_faults{part=~"h.*"}', "value h.* of part of octet_service_faults"),
        ("sum by (country) (octet_service_faults)", "label country in a grouping"),
    ],
)
def test_faults_are_found(text: str, fault: str) -> None:
    """The test above can fail: what is not there is named."""
    assert Expression(text).faults() == [fault]


def test_expression_is_understood() -> None:
    """Functions, groupings, ranges, strings and numbers are no metrics."""
    expression = Expression(
        'histogram_quantile(0.99, sum by (le, code) (rate(a:b{x="by (c) {d}", y!~"e"}[5m])))'
        " / on(code) group_left(z) 1e3 > bool f offset 5m"
    )
    assert [name for name, _ in expression.selectors] == ["a:b", "f"]
    assert expression.selectors[0][1] == [("x", "=", "by (c) {d}"), ("y", "!~", "e")]
    assert expression.grouped == {"le", "code", "z"}


def test_every_metric_is_shown() -> None:
    """Whatever is counted has a panel."""
    shown = {
        name for _, text in expressions()[: -len(rules())] for name, _ in Expression(text).selectors
    }
    families = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in shown}
    counted = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in EXPOSED}
    assert counted - families == {"up"}


def test_dashboards_load() -> None:
    """A dashboard has an id of its own, panels that do not overlap, and asks for its source."""
    identities = []
    for path in DASHBOARDS:
        dashboard = json.loads(path.read_text("utf-8"))
        identities.append(dashboard["uid"])
        places = [tuple(panel["gridPos"][key] for key in "xywh") for panel in dashboard["panels"]]
        cells = [
            (column, row)
            for x, y, w, h in places
            for column in range(x, x + w)
            for row in range(y, y + h)
        ]
        assert len(cells) == len(set(cells))
        assert max(column for column, _ in cells) < 24
        assert {variable["name"] for variable in dashboard["templating"]["list"]} == {
            "datasource",
            "instance",
        }
    assert len(set(identities)) == len(identities) == 2


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_alerts_say_what_to_do(rule: Any) -> None:
    """An alert says how urgent it is, in one line what is wrong, and where to look."""
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert set(rule["annotations"]) == {"summary", "description"}
    told = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
    assert told <= Expression(rule["expr"]).grouped | (
        {"instance"} if "up{" in rule["expr"] else set()
    )


def test_files_refer_to_each_other() -> None:
    """Prometheus loads these rules and scrapes these jobs, which the dashboards and alerts name."""
    config = yaml.safe_load((PLACE / "prometheus.yml").read_text("utf-8"))
    assert config["rule_files"] == [ALERTS.name]
    jobs = {scrape["job_name"] for scrape in config["scrape_configs"]}
    named = re.findall(r'job="([\w-]+)"', ALERTS.read_text("utf-8"))
    assert jobs == set(named) == {path.stem for path in DASHBOARDS}
    for path in PLACE.glob("grafana/provisioning/*.yml"):
        assert yaml.safe_load(path.read_text("utf-8"))["apiVersion"] == 1


def test_systemd_waits_for_the_drain() -> None:
    """The unit gives the service longer than its own drain takes, workers and all."""
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # names have upper case
    unit.read(PLACE / "octet-service.service", encoding="utf-8")
    patience_s = int(unit["Service"]["TimeoutStopSec"])
    assert patience_s > STOP_S > DRAIN_S + ServerSettings().shutdown_s
