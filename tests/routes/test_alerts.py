"""What is known of the labels of alerts before they fire: what rules set, and what expressions and recordings leave."""

from __future__ import annotations

from promgen.base.conventions import Priority, Severity
from promgen.base.durations import MINUTE
from promgen.compiler.ir.rules import Group, Rule, RuleFile
from promgen.model.catalog import Target
from promgen.proof.routes.alerts import Alert, alerts_of, made_up, priorities_of
from tests.routes.configs import alert


def record(name: str, expr: str, **labels: str) -> Rule:
    return Rule(name, expr, labels, "")


def only(*rules: Rule, external: tuple[str, ...] = ()) -> Alert:
    """The one alert of some rules."""
    (found,) = alerts_of([RuleFile("a", "a.yaml", (Group("g", MINUTE, rules, "cart"),))], external)
    return found


def test_a_label_of_the_rule_has_its_value_and_a_template_any() -> None:
    found = only(alert("A", "sum(up) > 1", team="web", severity="{{ $labels.s }}", gone=""))
    assert found.values(["alertname", "team", "gone", "other"]) == {
        "alertname": "A",
        "team": "web",
        "gone": "",
        "other": "",
    }
    assert found.value("severity") is None
    assert (found.has("team"), found.has("gone"), found.has("severity")) == (True, False, False)


def test_what_an_expression_leaves() -> None:
    """An aggregation leaves what it groups by, a matcher fixes a value, and the rest may be anything."""
    grouped = only(alert("A", "sum by (zone) (up) > 1"))
    assert (grouped.value("zone"), grouped.value("job")) == (None, "")
    raw = only(alert("A", 'up{job="cart", zone=""} == 0'))
    assert (raw.value("job"), raw.value("zone"), raw.value("instance")) == ("cart", "", None)


def test_labels_that_prometheus_adds_are_there() -> None:
    found = only(alert("A", "sum(up) > 1"), external=("cluster",))
    assert found.value("cluster") is None
    assert found.has("cluster")
    assert only(alert("A", "sum(up) > 1", cluster="x"), external=("cluster",)).value("cluster") == "x"
    assert only(alert("A", 'up{cluster=""} > 1'), external=("cluster",)).value("cluster") is None


def test_labels_are_followed_through_recordings() -> None:
    rules = (
        record("zone:up:sum", "sum by (zone) (up)", team="web"),
        record("zone:up:share", "zone:up:sum / 2"),
        alert("A", "zone:up:share < 1"),
    )
    found = only(*rules)
    assert found.values(["zone", "team", "instance"]) == {"zone": None, "team": "web", "instance": ""}


def test_only_the_recordings_that_are_chosen_count() -> None:
    rules = (
        record("slo:x", "sum by (zone) (up)", service="a", slo="s"),
        record("slo:x", "sum by (queue) (up)", service="b", slo="s"),
        alert("A", 'slo:x{service="a",slo="s"} > 1'),
    )
    assert only(*rules).values(["zone", "queue"]) == {"zone": None, "queue": ""}


def test_a_recording_that_reads_itself_may_have_any_labels() -> None:
    assert only(record("a:b", "a:b offset 1m + 1"), alert("A", "a:b > 1")).value("zone") is None


def test_an_expression_that_cannot_be_read_may_have_any_labels() -> None:
    assert only(alert("A", "sum(", team="web")).values(["team", "zone"]) == {"team": "web", "zone": None}


def test_priorities_in_the_words_of_a_site_and_of_others() -> None:
    own = priorities_of(Target(severity_label="sev", severity_values={Severity.CRITICAL: "page"}))
    words = {word: own.of({"sev": word}) for word in ("page", "critical", "warning", "low", "none")}
    assert words == {
        "page": Priority.P0,
        "critical": Priority.P0,
        "warning": Priority.P2,
        "low": Priority.P3,
        "none": None,
    }
    assert own.of({"severity": "critical"}) is None


def test_without_rules_there_are_alerts_of_each_value_and_all_others() -> None:
    found = list(made_up(["high"], "severity"))
    assert [(one.labels, one.value("team")) for one in found] == [({"severity": "high"}, None), ({}, None)]
