"""What `promgen route` prints, for the routes of a project and for any others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.terminal import as_json, promgen
from tests.compiler.projects import service, write_project
from tests.routes.configs import GOOD, replaced

RULES = """
groups:
- name: cart
  rules:
  - {alert: Down, expr: up == 0, labels: {severity: critical, service: cart}}
  - {alert: Slow, expr: cart_slow > 1, labels: {severity: medium, service: cart}}
  - {record: cart_slow, expr: sum(slow)}
"""
ROUTING = """
apiVersion: promgen/v1
kind: Routing
metadata: {name: everything}
spec: {unrouted: [chat]}
---
apiVersion: promgen/v1
kind: Routing
metadata: {name: shop, system: shop}
spec:
  priorities:
    P0: {acknowledge: 5m, receivers: [pager]}
    P1: {acknowledge: 15m, receivers: [pager]}
    P2: {acknowledge: 1h, receivers: [chat]}
    P3: {acknowledge: 1d, receivers: [chat]}
---
apiVersion: promgen/v1
kind: Receiver
metadata: {name: pager}
spec: {pagerduty: {routingKey: {file: /etc/alertmanager/pager}}}
---
apiVersion: promgen/v1
kind: Receiver
metadata: {name: chat}
spec: {slack: {channel: "#alerts", webhook: {file: /etc/alertmanager/slack}}}
"""
CART = service(
    """
    alerts:
      - {name: CartDown, expr: cart_up == 0, severity: critical}
      - {name: CartSlow, expr: cart_seconds > 1, severity: medium}
    """,
    more=", system: shop",
)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder without a project."""
    (tmp_path / "am.yml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "rules.yml").write_text(RULES, encoding="utf-8")
    return tmp_path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path, {"cart.yaml": CART, "routing.yaml": ROUTING})


def test_labels_are_followed_to_their_receivers(files: Path) -> None:
    data = as_json(files, "route", "--config", "am.yml", "severity=medium", "--at", "2026-03-02T12:00Z").data
    assert [(one["receiver"], one["notifies"]) for one in data["answers"][0]["notifications"]] == [
        ("chat", True),
        ("desk", False),
    ]
    assert data["answers"][0]["notifications"][1]["mutedBy"] == ["hours"]


def test_an_alert_of_the_rules_is_asked_by_its_name(files: Path) -> None:
    done = promgen(
        files, "route", "Slow", "--config", "am.yml", "--rules", "rules.yml", "--at", "2026-03-02T20:00Z"
    )
    assert "chat (slack)" in done.out
    assert "not now: only in hours" in done.out
    assert "inhibited by Down\n" in done.out


def test_the_proof_of_a_good_configuration_ends_well(files: Path) -> None:
    done = promgen(files, "route", "--prove", "--config", "am.yml", "--rules", "rules.yml")
    assert (done.code, "all hold" in done.out) == (0, True)
    assert "fails" not in done.out


def test_the_proof_of_a_bad_one_ends_with_1(files: Path) -> None:
    text = replaced('[severity="critical"]\n    receiver: pager', '[severity="critical"]\n    receiver: chat')
    (files / "am.yml").write_text(text, encoding="utf-8")
    done = as_json(files, "route", "--prove", "--config", "am.yml", "--rules", "rules.yml")
    failed = [one for one in done.data["proofs"] if not one["holds"] and not one["isNote"]]
    assert done.code == 1
    assert [one["claim"] for one in failed] == ["every page reaches exactly one pager, at every minute"]
    assert failed[0]["findings"][0]["example"] == {"alertname": "Down", "severity": "critical"}


def test_without_rules_every_value_that_matchers_name_is_tried(files: Path) -> None:
    done = promgen(files, "route", "--prove", "--config", "am.yml")
    assert "over all labels that matchers tell apart" in done.out
    assert done.code == 0
    text = replaced('severity="high"', 'severity="high", team!="web"')
    (files / "am.yml").write_text(text, encoding="utf-8")
    assert "severity=high team=web" in promgen(files, "route", "--prove", "--config", "am.yml").out


def test_what_alertmanager_refuses_is_shown_with_its_place(files: Path) -> None:
    (files / "am.yml").write_text(replaced('severity="high"', "severity"), encoding="utf-8")
    done = promgen(files, "route", "--prove", "--config", "am.yml")
    assert done.code == 1
    assert "error[routing/configuration]: `severity` is not a matcher" in done.err
    assert "--> am.yml:9:16" in done.err


def test_the_routes_of_a_project_are_asked_and_proved(project: Path) -> None:
    assert promgen(project, "route", "--prove").code == 0
    done = promgen(project, "route", "CartDown")
    assert "(pagerduty) pages" in done.out
    assert done.out.startswith("alertname=CartDown owner=people service=cart severity=critical system=shop")


def test_another_configuration_is_proved_for_the_projects_alerts(project: Path) -> None:
    (project / "am.yml").write_text(GOOD, encoding="utf-8")
    assert as_json(project, "route", "--prove", "--config", "am.yml").data["alerts"] > 1


def test_the_tree_is_drawn(project: Path) -> None:
    assert promgen(project, "route").out.splitlines()[1].startswith('└── {system="shop"}')


def test_slips_of_the_call(project: Path) -> None:
    for words, said in {
        ("NoSuchAlert",): "there is no alert or SLO `NoSuchAlert`",
        ("CartDown", "severity=low"): "give name=value pairs of one alert, or one name",
        ("a=b", "--at", "noon"): "`noon` is no time",
        ("--config", "missing.yml"): "there is no file missing.yml",
    }.items():
        done = promgen(project, "route", *words)
        assert (done.code, said in done.err) == (2, True), done.err


def test_a_project_without_routing_says_so(tmp_path: Path) -> None:
    done = promgen(write_project(tmp_path, {"cart.yaml": CART}), "route", "--prove")
    assert done.code == 2
    assert "the project has no Routing" in done.err


def test_texts_from_outside_move_no_cursor(files: Path) -> None:
    (files / "am.yml").write_text(GOOD.replace("nobody-asked", '"a\\e[2Jb"'), encoding="utf-8")
    assert "\x1b" not in promgen(files, "route", "x=y", "--config", "am.yml").out
    assert "\x1b" not in promgen(files, "route", "--config", "am.yml").out
