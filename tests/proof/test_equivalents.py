"""Mutants that change nothing are told from those that do."""

from __future__ import annotations

import pytest

from promgen.base import conventions as names
from promgen.base.durations import MINUTE
from promgen.compiler.ir.rules import Group, Rule
from promgen.model.catalog import Target
from promgen.promql import parse, print_tree, tree
from promgen.proof.equivalents import equivalence
from promgen.proof.mutants import Mutant, mutants_of

VALUE = 'alert:value{alert="A"}'
TRAINING = 'label_replace(vector(1), "role", "training", "", "")'
FIRING = 'ignoring (severity) ALERTS{alertname="A",severity="high"}'


def alert(expr: str, severity: str = "low", name: str = "A") -> Rule:
    return Rule(name, expr, {"severity": severity}, "a test", is_alert=True)


def record(expr: str, name: str = names.BAD_EVENTS) -> Rule:
    return Rule(name, expr, {}, "a test")


def changes(operator: str, *rules: Rule) -> list[tuple[Mutant, bool]]:
    """The mutants of the last rule by one operator, and whether each is known to change nothing."""
    group = Group("alerts/shop", MINUTE, rules, "shop")
    found = (one for one in mutants_of(group, Target()) if one.place == len(rules) - 1)
    return [(one, bool(equivalence(one))) for one in found if one.operator == operator]


@pytest.mark.parametrize(
    ("operator", "rule", "expected"),
    [
        ("sum or avg", alert("sum(x) > 0"), [True]),
        ("sum or avg", alert("sum(x) > 0 and y"), [True]),
        ("sum or avg", alert("sum(x) > 1"), [False]),
        ("sum or avg", alert("y / (sum(x) > 0) > 3"), [False]),
        ("sum or avg", record("y / (sum(x) > 0)"), [False]),
        ("sum or avg", record("y and sum(x) == 0"), [True]),
        ("sum or avg", record("y or 0 * sum(x)"), [True]),
        ("sum or avg", record("y or 2 * sum(x)"), [False]),
        ("sum or avg", record("count by (a) (avg_over_time(x[5m]))"), [True]),
        ("sum or avg", record("sum by (a) (sum by (a) (x) / 2)"), [True, False]),
        ("sum or avg", record("sum by (a) (sum by (a, b) (x))"), [False, False]),
        ("sum or avg", alert("histogram_quantile(0.9, sum by (le) (rate(x[5m]))) > 2"), [True]),
        ("sum or avg", alert("histogram_quantile(0.9, sum by (job) (x)) > 2"), [False]),
        ("sum or avg", alert("absent(sum(x))", name="ANoData"), [True]),
        ("join label", alert("absent(sum by (a) (x))", name="ANoData"), [True]),
        ("join label", alert("sum by (a) (x) > 2"), [False]),
        ("threshold", record("count(x > bool 3)"), [True, True]),
        ("threshold", record("count(x > 3)"), [False, False]),
    ],
)
def test_what_changes_nothing(operator: str, rule: Rule, expected: list[bool]) -> None:
    assert [is_equivalent for _, is_equivalent in changes(operator, rule)] == expected


def test_a_zero_may_come_from_a_longer_window_and_not_from_a_shorter_one() -> None:
    windows = [record("x", f"{names.ERROR_RATIO}{window}") for window in ("5m", "30m", "1h")]
    ratio = record("1 - (sum(rate(good[30m])) or 0 * sum(rate(all[30m]))) / (sum(rate(all[30m])) > 0)")
    found = {
        (one.before, one.after): is_equivalent for one, is_equivalent in changes("window", *windows, ratio)
    }
    assert found["all[30m]", "all[1h]"] is False  # the last of two places: what is divided by
    assert found["all[30m]", "all[5m]"] is False
    assert found["good[30m]", "good[1h]"] is False
    assert any(is_equivalent for _, is_equivalent in changes("window", *windows, ratio))


@pytest.mark.parametrize(
    ("general", "bound", "operator", "expected"),
    [
        (2, 3, "join label", True),
        (2, 3, "and or", True),
        (3, 2, "join label", False),
        (0.2, 0.3, "and or", False),
    ],
)
def test_an_override_that_is_stricter_adds_nobody(
    general: float, bound: float, operator: str, expected: bool
) -> None:
    """But where its bound is below 1, the 1 that its labels are taken from would fire."""
    kept, chosen = f"{VALUE} unless on (role) {TRAINING}", f"{VALUE} and on (role) {TRAINING}"
    found = changes(operator, alert(f"({kept}) > {general} or ({chosen}) > {bound}"))
    assert [is_equivalent for one, is_equivalent in found if one.before == _printed(chosen)] == [expected]


def _printed(expr: str) -> str:

    return print_tree(tree(parse(expr)))


def test_a_handover_to_a_severity_that_waits_for_nothing() -> None:
    lower = alert(f"{VALUE} > 1 unless ({VALUE} > 2 and {FIRING})")
    worse = alert(f"{VALUE} > 2 or {VALUE} > 1 and {FIRING}", "high")
    assert [is_equivalent for _, is_equivalent in changes("and or", worse, lower)] == [True]
    waiting = worse._replace(hold=MINUTE)
    assert [is_equivalent for _, is_equivalent in changes("and or", waiting, lower)] == [False]
