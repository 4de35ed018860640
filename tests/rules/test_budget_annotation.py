"""An alert of a tier says what is left of the budget of its own group."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from promgen.base.conventions import BUDGET_ANNOTATION, BUDGET_REMAINING
from promgen.compiler.ir.rules import Rule
from tests.compiler.projects import compile_service, rules_of
from tests.real import Install, test_rules

SLO = """\
slos:
  - name: availability
    objective: 99%
    window: 30d
    groupBy: [{group}]
    sli: {{probe: {{metric: up, selector: {{job: cart}}}}}}
"""


def first_tier(folder: Path, group: str) -> Rule:
    compilation = compile_service(folder, SLO.format(group=group), "target: {prometheus: '3.0'}\n")
    return next(rule for rule in rules_of(compilation) if rule.labels.get("tier") == "fast")


def check(install: Install, folder: Path, rule: Rule, label: str, budgets: dict[str, str], left: str) -> None:
    """The alert of the group `north` says what is left; `budgets` are given by group."""
    name = json.dumps(label) if "." in label else label
    identity = 'slo="availability",service="cart"'
    ratio = "{" + f'__name__="slo:error_ratio:rateWINDOW",{identity},{name}="north"' + "}"
    series = {ratio.replace("WINDOW", window): "0.5x5" for window in ("1h", "5m")}
    series |= {
        "{" + f'__name__="{BUDGET_REMAINING}",{identity},{name}="{group}"' + "}": value
        for group, value in budgets.items()
    }
    told = {
        key: text.replace("{{ " + reference(label) + " }}", "north") for key, text in rule.annotations.items()
    }
    expected = {
        "exp_labels": {**rule.labels, label: "north"},
        "exp_annotations": {**told, BUDGET_ANNOTATION: left},
    }
    expected["exp_labels"].pop("alertname", None)
    written: dict[str, Any] = {
        "alert": rule.name,
        "expr": rule.expr,
        "labels": rule.labels,
        "annotations": rule.annotations,
    }
    (folder / "rules.yaml").write_text(
        json.dumps({"groups": [{"name": "a", "rules": [written]}]}), encoding="utf-8"
    )
    case = {
        "interval": "1m",
        "input_series": [{"series": one, "values": values} for one, values in series.items()],
        "alert_rule_test": [{"eval_time": "3m", "alertname": rule.name, "exp_alerts": [expected]}],
    }
    (folder / "test.yaml").write_text(
        json.dumps({"rule_files": ["rules.yaml"], "tests": [case]}), encoding="utf-8"
    )
    test_rules(install, folder / "test.yaml")


def reference(label: str) -> str:
    return f'(index $labels "{label}")' if "." in label else f"$labels.{label}"


@pytest.mark.parametrize(
    ("budgets", "left"),
    [
        ({"north": "0.632x5", "south": "0.9x5"}, "63.2%"),
        ({"north": "-0.05x5"}, "-5%"),
        ({"south": "0.9x5"}, "unknown"),
    ],
)
def test_what_is_left_is_that_of_the_group(
    install: Install, tmp_path: Path, budgets: dict[str, str], left: str
) -> None:
    check(install, tmp_path, first_tier(tmp_path, "region"), "region", budgets, left)


def test_a_group_label_may_have_any_name(installs: tuple[Install, ...], tmp_path: Path) -> None:
    newest = installs[-1]
    assert newest.release >= (3, 0)
    check(newest, tmp_path, first_tier(tmp_path, "http.route"), "http.route", {"north": "0.5x5"}, "50%")
