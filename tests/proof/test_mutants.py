"""Mutants: every operator changes one thing, in every place where it applies, and never into an equal rule."""

from __future__ import annotations

import pytest

from promgen.base.durations import MINUTE, Duration
from promgen.compiler.ir.rules import Group, Rule
from promgen.model.catalog import Target
from promgen.proof.mutants import mutants_of


def alert(expr: str, **fields: object) -> Rule:
    rule = Rule(name="Alert", expr=expr, is_alert=True, labels={"severity": "high"}, origin="a test")
    return rule._replace(**fields)


def ratio(window: str) -> Rule:
    return Rule(
        name=f"slo:error_ratio:rate{window}", expr=f"sum(rate(x[{window}]))", labels={}, origin="a test"
    )


def group(*rules: Rule) -> Group:
    return Group(name="alerts/shop", interval=MINUTE, rules=rules, subject="shop")


def changes(operator: str, *rules: Rule) -> list[tuple[str, str]]:
    """What one operator changes in a group, before and after."""
    found = mutants_of(group(*rules), Target())
    return [(mutant.before, mutant.after) for mutant in found if mutant.operator == operator]


@pytest.mark.parametrize(
    ("operator", "expr", "expected"),
    [
        ("threshold", "x > 4", [("x > 4", "x > 5"), ("x > 4", "x > 3.2")]),
        ("threshold", "x > y", []),
        ("threshold", "x == bool 0", []),
        ("and or", "x and y unless z", [("x and y", "x or y")]),
        ("sum or avg", "sum(x)", [("sum(x)", "avg(x)")]),
        ("sum or avg", "avg_over_time(x[5m])", [("avg_over_time(x[5m])", "sum_over_time(x[5m])")]),
        ("matcher", 'x{a="1",b!~"2"}', [('x{a="1",b!~"2"}', 'x{a!="1",b!~"2"}'), ('x{a="1",b!~"2"}', 'x{a="1",b=~"2"}')]),
        ("join label", "x / on (a) y", [("x / on (a) y", "x / on () y")]),
        ("join label", "sum by (a) (x)", [("sum by (a) (x)", "sum by () (x)")]),
        ("join label", 'x unless on () y{slo="z"}', [('x unless on () y{slo="z"}', 'x unless on (slo) y{slo="z"}')]),
    ],
)  # fmt: skip
def test_an_operator_proposes_every_change(operator: str, expr: str, expected: list[tuple[str, str]]) -> None:
    assert changes(operator, alert(expr)) == expected


def test_a_window_becomes_that_of_each_neighbour() -> None:
    burn = alert("slo:error_ratio:rate1h > 1")
    found = changes("window", ratio("5m"), ratio("1h"), ratio("6h"), burn)
    assert ("slo:error_ratio:rate1h", "slo:error_ratio:rate6h") in found
    assert ("slo:error_ratio:rate1h", "slo:error_ratio:rate5m") in found
    assert ("x[5m]", "x[1h]") in found
    assert ("x[5m]", "x[6h]") not in found


def test_a_severity_becomes_that_of_each_neighbour() -> None:
    assert changes("severity", alert("x > 0")) == [("high", "critical"), ("high", "medium")]


@pytest.mark.parametrize("field", ["hold", "keep_firing_for"])
def test_a_wait_is_one_evaluation_less_and_one_more(field: str) -> None:
    operator = {"hold": "for"}.get(field, field)
    found = changes(operator, alert("x > 0", **{field: Duration.parse("5m")}))
    assert found == [("5m", "4m"), ("5m", "6m")]


def test_an_alert_without_a_wait_can_only_wait_longer() -> None:
    assert changes("for", alert("x > 0")) == [("0s", "1m")]


def test_a_mutant_stands_in_the_place_of_its_rule() -> None:
    found = mutants_of(group(alert("x > 4"), alert("y > 4")), Target())
    mutant = next(one for one in found if one.place == 1 and one.operator == "threshold")
    assert [rule.expr for rule in mutant.mutated_group.rules] == ["x > 4", "y > 5"]


def test_no_mutant_equals_the_rule_or_another() -> None:
    found = mutants_of(group(alert("x > 0 and x > 0 > 0")), Target())
    seen = [mutant.rule.expr for mutant in found if mutant.operator == "threshold"]
    assert len(seen) == len(set(seen))
    assert "x > 0 and x > 0 > 0" not in seen
