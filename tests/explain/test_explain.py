"""`promgen explain` says where values come from, what they mean, and how much history there is."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from promgen.base.errors import OutsideError, UsageError
from promgen.cli import cli
from tests.compiler.projects import service, write_project
from tests.real import History, Install, gauge

FILES = {
    "template.yaml": """
        apiVersion: promgen/v1
        kind: Template
        metadata: {name: http}
        spec:
          slo: {window: 30d, sli: {ratio: {total: {metric: requests_total}, bad: {selector: {code: "500"}}}}}
        """,
    "cart.yaml": service(
        """
        slos:
          - {name: availability, objective: 99.9%, uses: http}
          - {name: quiet, objective: 99%, uses: http, alerting: {lowTraffic: {minBadEvents: 5}}}
          - {name: reach, objective: 99.5%, window: 7d, sli: {probe: {}}}
        alerts:
          - {name: CpuHigh, expr: cpu_ratio, above: {medium: 70%, critical: 85%}, for: 5m}
        """
    ),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with SLOs of three kinds."""
    return write_project(tmp_path, FILES)


def explain(root: Path, *arguments: str) -> list[Any]:
    """The explanation as data."""
    result = CliRunner().invoke(
        cli, ["--format", "json", "-C", str(root), "explain", *arguments], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    explained = json.loads(result.output)
    assert isinstance(explained, list)
    return explained


def text_at(root: Path, place: str) -> str:
    """What stands at `file:line:column`."""
    file, line, column = place.split(":")
    return (root / file).read_text(encoding="utf-8").split("\n")[int(line) - 1][int(column) - 1 :]


def test_each_value_says_where_it_was_written(root: Path) -> None:
    """Also when it comes from a template in another file."""
    (explained,) = explain(root, "availability")
    places = {row["path"]: row["place"] for row in explained["values"]}
    assert text_at(root, places["objective"]).startswith("99.9%")
    assert text_at(root, places["window"]).startswith("30d")
    assert places["window"].startswith("slo-specs/template.yaml:")
    assert text_at(root, explained["place"]).startswith("availability")


def test_the_numbers_of_a_tier_are_those_of_the_workbook(root: Path) -> None:
    """14.4 * 0.1 % = 1.44 %; 1.44 % of an hour is 51.84 s; 1 / 0.0144 = 69.4 events; 14.4 h of 30 d are 2 %."""
    (explained,) = explain(root, "availability")
    fast, medium, slow, creeping = explained["tiers"]
    assert fast == {
        "name": "fast",
        "severity": "critical",
        "burnRate": "14.4",
        "windows": ["1h", "5m"],
        "threshold": "1.44%",
        "outageDetectedAfter": "51s to 2m7s",
        "oneFailureFiresBelowPerHour": "69.4",
        "budgetShare": "2%",
    }
    assert [tier["oneFailureFiresBelowPerHour"] for tier in (medium, slow, creeping)] == [
        "27.8",
        "13.9",
        "13.9",
    ]
    assert [tier["budgetShare"] for tier in (medium, slow, creeping)] == ["5%", "10%", "10%"]


def test_a_guard_and_an_indicator_of_time_are_said(root: Path) -> None:
    """A single failure fires neither."""
    (quiet,), (reach,) = explain(root, "quiet"), explain(root, "reach")
    assert quiet["tiers"][0]["oneFailureFiresBelowPerHour"] == "never, guarded by 5"
    assert reach["tiers"][0]["oneFailureFiresBelowPerHour"] == "measures time"


def test_every_emitted_rule_is_shown_with_its_cost(root: Path) -> None:
    """100 series at 15 s over an hour are 24,000 samples; both halves of the ratio are read."""
    (explained,) = explain(root, "cart/availability", "--series", "100")
    rules = {rule["name"]: rule for rule in explained["rules"]}
    assert rules["slo:error_ratio:rate1h"]["samples"] == 48_001
    assert rules["slo:bad_events:period"]["interval"] == "2m"
    assert rules["SloTotalAbsent"]["for"] == "10m"


def test_an_alert_shows_only_its_own_rules(root: Path) -> None:
    """Its recorded value and its severities."""
    (explained,) = explain(root, "CpuHigh")
    assert [rule["name"] for rule in explained["rules"]] == ["alert:value", "CpuHigh", "CpuHigh"]


@pytest.mark.parametrize(
    ("name", "message"),
    [("availabilty", "did you mean `availability`"), ("nothing-like-it", "`promgen list` shows all")],
)
def test_an_unknown_name_is_helped(root: Path, name: str, message: str) -> None:
    """With the nearest one, or the way to all."""
    with pytest.raises(UsageError, match=message):
        CliRunner().invoke(cli, ["-C", str(root), "explain", name], catch_exceptions=False)


def test_the_text_fits_a_reader(root: Path) -> None:
    """Sections in order, no line of markup."""
    text = (
        CliRunner().invoke(cli, ["-C", str(root), "explain", "availability"], catch_exceptions=False).output
    )
    sections = ["values", "tiers", "rules (samples", "history"]
    places = [text.index(f"\n{section}") for section in sections]
    assert places == sorted(places)
    assert "\x1b" not in text


def test_history_is_asked_of_a_real_prometheus(root: Path, install: Install, tmp_path: Path) -> None:
    """Ten hours of the recorded pair are ten hours of thirty days."""
    now = int(time.time())
    labels = {"slo": "availability", "service": "cart"}
    past = History(install, tmp_path / "prometheus")
    past.add(gauge("slo:total_events:rate5m", labels, range(now - 36_000, now, 60), lambda moment: 1))
    with past.serve() as server:
        (explained,) = explain(root, "availability", "--prometheus", server.url)
        (unknown,) = explain(root, "quiet", "--prometheus", server.url)
    assert explained["history"]["exists"] in {"10h", "11h"}
    assert explained["history"]["share"] == pytest.approx(10 / 720, rel=0.11)
    assert unknown["history"]["exists"] == "0h"


@pytest.mark.parametrize(
    ("url", "error"), [("http://127.0.0.1:9", OutsideError), ("file:///etc/passwd", UsageError)]
)
def test_a_prometheus_that_cannot_be_asked_is_said(root: Path, url: str, error: type[Exception]) -> None:
    """Nothing but HTTP is asked."""
    with pytest.raises(error, match=url):
        CliRunner().invoke(
            cli, ["-C", str(root), "explain", "reach", "--prometheus", url], catch_exceptions=False
        )
