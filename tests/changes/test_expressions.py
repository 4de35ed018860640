"""Expressions are compared by meaning, and a word such as `looser` is said only where it is certain."""

from __future__ import annotations

import pytest

from promgen.changes.difference import Effect
from promgen.changes.expressions import compare_expressions

SAME = (
    ("sum(rate(a[5m]))", "sum (\n  rate( a [300s] )\n)  # of all"),
    ('a{b="1",c=~"2"}', "a{c=~'2', b='1'}"),
    ("sum by (x, y) (a)", "sum(a) by (y,x)"),
    ("a / on (x, y) group_left (u, v) b", "a / on (y, x) group_left (v, u) b"),
    ("a > 0.10", "((a)) > .1"),
    ("a offset 60s", "a offset 1m"),
    ("a{b='1' or b='2'}", 'a{b="1"   or b="2"}'),
)
"""Two ways of writing one thing."""


@pytest.mark.parametrize(("before", "after"), SAME)
def test_layout_is_no_difference(before: str, after: str) -> None:
    assert compare_expressions(before, after) == ()


FIELDS = (
    ("a > 1", "a > 2", [("threshold", "1", "2")]),
    ("slo:error_ratio:rate1h > 0.001", "slo:error_ratio:rate1h > 0.0005", [("threshold", "0.1%", "0.05%")]),
    ("a_seconds > 0.5", "a_seconds > 2 * 0.5", [("threshold", "0.5 seconds", "1 seconds")]),
    ("a > 1", "a >= 1", [("comparison", ">", ">=")]),
    ("a > 1", "a > bool 1", [("bool", None, "yes")]),
    ("rate(a[5m])", "rate(a[10m])", [("window", "5m", "10m")]),
    ("rate(a[$window])", "rate(a[10m])", [("window", "$window", "10m")]),
    ("rate(a[5m])", "increase(a[5m])", [("function", "rate", "increase")]),
    ("sum(a)", "max(a)", [("aggregation", "sum", "max")]),
    ("sum by (x) (a)", "sum by (x, y) (a)", [("grouping", "by (x)", "by (x, y)")]),
    ("sum(a)", "sum without () (a)", [("grouping", None, "without ()")]),
    ("a", 'a{b="1"}', [("matcher of a", None, 'b="1"')]),
    ('a{b="1"}', 'a{b!="1"}', [("matcher of a", 'b="1"', 'b!="1"')]),
    ("a", "b", [("metric", "a", "b")]),
    ("a", "a offset 1m", [("offset", None, "1m")]),
    ("a offset 1m", "a offset -1m", [("offset", "1m", "-1m")]),
    ("a", "a @ end()", [("@", None, "end()")]),
    ("a + 1", "a - 1", [("operator", "+", "-")]),
    ("a / b", "a / on (x) b", [("matching", None, "on (x)")]),
    ("max_over_time(a[1h:1m])", "max_over_time(a[1h:5m])", [("step", "1m", "5m")]),
    ("topk(3, a)", "topk(5, a)", [("number", "3", "5")]),
    ("-a", "-b", [("metric", "a", "b")]),
    ("a", "sum(a)", [("expression", "a", "sum(a)")]),
    ("a{b='1' or b='2'}", "a{b='1' or b='3'}", [("expression", 'a{b="1" or b="2"}', 'a{b="1" or b="3"}')]),
    ("no promql )", "nor this )", [("expression", "no promql )", "nor this )")]),
    ("rate(a[5m]) / rate(b[5m])", "rate(a[1h]) / rate(b[1h])", [("window", "5m", "1h")]),
)


@pytest.mark.parametrize(("before", "after", "expected"), FIELDS)
def test_a_difference_is_named(before: str, after: str, expected: list[tuple[str, str, str]]) -> None:
    assert [change[:3] for change in compare_expressions(before, after)] == expected


EFFECTS = (
    ("a > 1", "a > 2", [Effect.LOOSER]),
    ("a < 1", "a < 2", [Effect.TIGHTER]),
    ("1 < a", "2 < a", [Effect.LOOSER]),
    ("a > 1 and b > 1", "a > 1 and b > 2", [Effect.LOOSER]),
    ("a > 1 unless b > 1", "a > 1 unless b > 2", [Effect.TIGHTER]),
    ("a > 1 or b > 1", "a > 1 or b > 2", [Effect.LOOSER]),
    ("a > 1 or on (x) b > 1", "a > 2 or on (x) b > 1", [None]),
    ("a == 1", "a == 2", [None]),
    ("a > bool 1", "a > bool 2", [None]),
    ("count(a > 1) < 3", "count(a > 2) < 3", [None]),
    ("a > 1", "b > 2", [None, None]),
    ("a > 1", "a < 2", [None, None]),
    ("a > 1 and b > 1", "a > 2 and b > 0", [Effect.LOOSER, Effect.TIGHTER]),
)


@pytest.mark.parametrize(("before", "after", "expected"), EFFECTS)
def test_an_effect_is_said_where_it_is_certain(
    before: str, after: str, expected: list[Effect | None]
) -> None:
    assert [change.effect for change in compare_expressions(before, after, is_alert=True)] == expected


def test_a_recorded_comparison_has_no_effect() -> None:
    assert [change.effect for change in compare_expressions("a > 1", "a > 2")] == [None]


def test_expressions_with_little_in_common_are_shown_whole() -> None:
    parts = [f"a{number}" for number in range(9)]
    before, after = " + ".join(parts), " + ".join(f"{part}{{b='1'}}" for part in parts)
    assert [change.field for change in compare_expressions(before, after)] == ["expression"]
