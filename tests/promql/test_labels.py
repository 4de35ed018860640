"""Selectors and labels as text."""

from __future__ import annotations

import pytest

from promgen.promql import (
    LabelMatcher,
    conflicting_matchers,
    format_labels,
    format_selector,
    is_utf8_name,
    parse,
)


@pytest.mark.parametrize(
    ("metric", "matchers", "text"),
    [
        ("up", [], "up"),
        (None, [LabelMatcher("job", "=", "api")], '{job="api"}'),
        ("slo:errors:rate5m", [LabelMatcher("slo", "!=", "")], 'slo:errors:rate5m{slo!=""}'),
        ("http.requests", [], '{"http.requests"}'),
        (
            "http.requests",
            [LabelMatcher("http.route", "!~", r"/\d")],
            '{"http.requests","http.route"!~"/\\\\d"}',
        ),
        ("bool", [], '{"bool"}'),
        ("NaN", [LabelMatcher("a", "=", 'b"\n')], '{"NaN",a="b\\"\\n"}'),
    ],
)
def test_a_selector_is_written_so_that_it_is_read_back(
    metric: str | None, matchers: list[LabelMatcher], text: str
) -> None:
    assert format_selector(metric, matchers) == text
    parse(text)


def test_labels_are_quoted_only_where_they_must_be() -> None:
    assert format_labels(["region", "http.route", "by"]) == 'region, "http.route", by'
    assert format_labels([]) == ""


@pytest.mark.parametrize(
    ("name", "expected"),
    [("region", False), ("__name__", False), ("a.b", True), ("a:b", True), ("1a", True), ("", True)],
)
def test_utf8_names(name: str, expected: bool) -> None:
    assert is_utf8_name(name) is expected


def test_half_a_character_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        format_selector("up", [LabelMatcher("a", "=", "\ud800")])


def test_conflicts_name_the_metric_and_the_label() -> None:
    expression = parse('a{env="test"} + b{env!="prod"} + {env="test"} + c{env="prod"} + a{env="other"}')
    assert conflicting_matchers(expression, [LabelMatcher("env", "=", "prod")]) == (("a", "env"), ("", "env"))
    assert conflicting_matchers(expression, [LabelMatcher("env", "=~", "prod")]) == ()
