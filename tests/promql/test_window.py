"""The variable `$window`."""

from __future__ import annotations

import pytest

from promgen.promql import ExpressionError, substitute_window, uses_window


@pytest.mark.parametrize(
    ("text", "substituted"),
    [
        ("rate(a[$window])", "rate(a[5m])"),
        ("max_over_time(a[$window:$window])", "max_over_time(a[5m:5m])"),
        ("rate(a[ $window # of $window\n])", "rate(a[ 5m # of $window\n])"),
        ('a{b="[$window]"} + rate(c[$window])', 'a{b="[$window]"} + rate(c[5m])'),
        ("a # [$window]", "a # [$window]"),
        ("not [an expression", "not [an expression"),
    ],
)
def test_it_is_replaced_in_ranges_only(text: str, substituted: str) -> None:
    assert substitute_window(text, "5m") == substituted
    assert uses_window(text) is (text != substituted)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a offset $window", "$window"),
        ("rate(a[$windows])", "$windows"),
        ("$window[5m]", "$window"),
        ("a[$window] + b[$later]", "$later"),
        ("a[${window}]", "${window}"),
    ],
)
def test_elsewhere_it_is_refused_where_it_stands(text: str, place: str) -> None:
    for ask in (uses_window, lambda text: substitute_window(text, "5m")):
        with pytest.raises(ExpressionError) as refused:
            ask(text)
        assert refused.value.reason == "unsupported"
        assert text[refused.value.start :][: refused.value.length] == place


@pytest.mark.parametrize("window", ["", "5", "5 m", "0.5h", "5m]", "$window"])
def test_the_window_must_be_a_duration(window: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        substitute_window("rate(a[$window])", window)
