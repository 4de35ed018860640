"""What expressions evaluate to."""

from __future__ import annotations

import pytest

from promgen.promql import grouping, has_filter, is_range, parse, value_type


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sum by (b, a) (x)", ("b", "a")),
        ("sum(x)", ()),
        ("sum by () (x)", ()),
        ("sum without (a) (x)", None),
        ("x", None),
        ("((-sum by (a) (x)))", ("a",)),
        ("100 * sum by (a) (x) > 5", ("a",)),
        ("time() - max by (a) (x)", ("a",)),
        ("1 + 1", None),
        ("sum by (a, b) (x) / sum by (b, a) (y)", ("a", "b")),
        ("sum by (a) (x) / sum by (b) (y)", None),
        ("sum by (a) (x) / y", None),
        ("sum by (a, b) (x) / on (a) sum by (a, b) (y)", ("a",)),
        ("sum by (a, b) (x) / ignoring (a) sum by (a, b) (y)", ("b",)),
        ("sum by (a, b) (x) / on (a) group_left () sum by (a, b) (y)", ("a", "b")),
        ("sum by (a, b) (x) / on (a) group_left (c) sum by (a, b) (y)", None),
        ("sum by (a) (x) or sum by (a) (y)", ("a",)),
        ("sum by (a) (x) or on (a) sum by (a, b) (y)", None),
        ("sum by (a) (x) and y", ("a",)),
        ("sum by (a) (x) unless y", ("a",)),
        ("x and sum by (a) (y)", None),
        ("abs(sum by (a) (x))", ("a",)),
        ("clamp_min(sum by (a) (x), 0)", ("a",)),
        ("max_over_time(sum by (a) (x)[1h:1m])", ("a",)),
        ("histogram_quantile(0.9, sum by (le, a) (rate(x[5m])))", ("a",)),
        ("topk(3, sum by (a) (x))", ("a",)),
        ("topk by (a) (3, x)", None),
        ('count_values by (a) ("v", x)', ("a", "v")),
        ("vector(1)", ()),
        ("hour()", ()),
        ('label_replace(sum by (a) (x), "b", "$1", "a", "(.*)")', None),
        ("absent(sum by (a) (x))", None),
        ("scalar(sum by (a) (x))", None),
        ("rate(x[5m])", None),
    ],
)
def test_labels_of_the_result(text: str, expected: tuple[str, ...] | None) -> None:
    assert grouping(parse(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x", False),
        ("x > 5", True),
        ("x > bool 5", False),
        ("1 > bool 2", False),
        ("x and y", True),
        ("x unless y", True),
        ("absent(x)", True),
        ("absent_over_time(x[5m])", True),
        ("(x > 5) or y", False),
        ("x > 5 or y > 5", True),
        ("x > 5 or vector(0)", False),
        ("sum(x > 5)", True),
        ("(x > 5) * 2 + y", True),
        ("scalar(x > 5)", False),
        ("vector(scalar(x > 5))", False),
        ("max_over_time((x > 5)[1h:1m])", True),
        ("-(x == 1)", True),
        ("count(x) by (a) >= 1", True),
    ],
)
def test_conditions(text: str, expected: bool) -> None:
    assert has_filter(parse(text)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x", "vector"),
        ("(x > 1)", "vector"),
        ("1 + 1", "scalar"),
        ("-(2)", "scalar"),
        ("1 - x", "vector"),
        ("time()", "scalar"),
        ("scalar(x) * 2", "scalar"),
        ("x[5m]", "matrix"),
        ("x[5m:1m]", "matrix"),
        ("(x[5m])", "matrix"),
        ("rate(x[5m])", "vector"),
        ("sum(x)", "vector"),
        ('"s"', "string"),
    ],
)
def test_types(text: str, expected: str) -> None:
    assert value_type(parse(text)) == expected
    assert is_range(parse(text)) is (expected == "matrix")
