"""The same alerts in two environments, of which one lowers severities."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.alerts.compiled import compile_rules
from tests.alerts.promtool import Course, follow
from tests.alerts.specs import alert, slo, steady
from tests.alerts.test_severities import THREE, TWO
from tests.real import Install

pytestmark = pytest.mark.real

ENVIRONMENT = """
---
apiVersion: promgen/v1
kind: Environment
metadata: {name: staging, system: store}
spec: {highestSeverity: $highest}
---
apiVersion: promgen/v1
kind: Environment
metadata: {name: production, system: store}
spec: {}
"""


def of_environments(
    install: Install, folder: Path, specification: str, series: dict[str, str], highest: str, minutes: int
) -> Course:
    compiled = compile_rules(folder, specification + ENVIRONMENT.replace("$highest", highest))
    assert len(compiled.rule_files) == 2
    return follow(install, compiled.rule_files, series, range(minutes))


@pytest.mark.parametrize(("highest", "states"), [("info", {"info"}), ("medium", {"low", "medium"})])
def test_an_environment_lowers_severities_and_joins_those_that_become_equal(
    install: Install, tmp_path: Path, highest: str, states: set[str]
) -> None:
    """One alert where two became one, from the threshold that is reached first; the other environment is as written."""
    values = [50] * 5 + [65] * 10 + [75] * 10 + [90] * 15 + [50] * 5
    course = of_environments(install, tmp_path, alert(THREE), {"load": steady(values)}, highest, len(values))
    staging = course.all(environment="staging")
    assert {labels["severity"] for labels, _ in staging} == states
    assert {labels["severity"] for labels, _ in course.all(environment="production")} == {
        "low",
        "medium",
        "critical",
    }
    firing = [minute for _, minutes in staging for minute in minutes]
    assert sorted(firing) == list(range(10, 40))


def test_a_lowered_override_does_not_raise_the_threshold_of_what_it_does_not_name(
    install: Install, tmp_path: Path
) -> None:
    """`critical` is overridden to 98 and `medium` is not, so the joined severity still begins at 70."""
    fields = TWO + 'overrides: [{labels: {core: "1"}, above: {critical: 98}}]\n'
    series = {'load{core="1"}': "80x30", 'load{core="0"}': "80x30"}
    course = of_environments(install, tmp_path, alert(fields), series, "info", 20)
    assert {labels["core"] for labels, _ in course.all(environment="staging")} == {"0", "1"}
    assert {labels["core"] for labels, _ in course.all(environment="production")} == {"0", "1"}


def test_every_alert_of_an_slo_is_lowered(install: Install, tmp_path: Path) -> None:
    """Burn rates, absence and sanity: nothing of staging is worse than its highest severity."""
    failing = {'requests_total{code="500"}': "0+60x40", "failures_total": "0+70x40"}
    specification = slo(bad="{metric: failures_total}")
    burning = of_environments(install, tmp_path / "burning", specification, failing, "info", 40)
    absent = of_environments(install, tmp_path / "absent", slo(), {"something_else": "1x40"}, "info", 40)
    for course, names in (
        (burning, {"SloErrorBudgetBurn", "SloBadExceedsTotal"}),
        (absent, {"SloTotalAbsent"}),
    ):
        assert course.names == names
        assert {labels["severity"] for labels, _ in course.all(environment="staging")} == {"info"}
    tiers = {
        labels["tier"]: labels["severity"] for labels, _ in burning.all(tier="fast", environment="production")
    }
    assert tiers == {"fast": "critical"}
    assert len(burning.all(alertname="SloErrorBudgetBurn", environment="staging")) == 4
