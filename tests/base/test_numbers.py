"""Durations, decimals and quantities: what is printed reads back as the same, and units are never mixed up."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promgen.base.decimals import divide, format_decimal
from promgen.base.durations import Duration
from promgen.base.quantities import (
    Quantity,
    UnitMismatch,
    check_unit,
    convert,
    parse_quantity,
    unit_of_metric,
)

decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=6)
units = st.sampled_from(
    ["", "%", "ms", "s", "m", "h", "d", "MB", "MB/s", "KiB", "USD", "celsius", "bps", "percent"]
)


@given(st.integers(min_value=1, max_value=10**13))
def test_every_duration_prints_and_parses_back(ms: int) -> None:
    """Law: parse is the inverse of print."""
    assert Duration.parse(str(Duration(ms))) == Duration(ms)


@given(decimals)
def test_every_decimal_prints_plainly_and_parses_back(value: Decimal) -> None:
    """Law: no exponent, no trailing zeros, the same number."""
    text = format_decimal(value)
    assert Decimal(text) == value
    assert "E" not in text
    assert text == "0" or not text.endswith(".")
    assert "." not in text or not text.endswith("0")


@given(decimals, units)
def test_every_quantity_prints_and_parses_back(value: Decimal, unit: str) -> None:
    """Law: a quantity survives its own notation."""
    quantity = Quantity(value, unit)
    assert parse_quantity(str(quantity)) == quantity


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("5m", 300_000),
        ("1h30m", 5_400_000),
        ("500 ms", 500),
        ("0.5h", 1_800_000),
        ("2w", 1_209_600_000),
        ("90 min", 5_400_000),
    ],
)
def test_durations_are_read_as_prometheus_and_people_write_them(text: str, ms: int) -> None:
    """Prometheus' notation, with spaces and fractions allowed."""
    assert Duration.parse(text) == Duration(ms)


@pytest.mark.parametrize("text", ["", "5", "m", "5 mb", "-5m", "0.0001ms", "5m garbage"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """The message quotes what was written."""
    with pytest.raises(ValueError, match=text.split(maxsplit=1)[0] if text.strip() else "not a duration"):
        Duration.parse(text)


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("500 ms", "seconds", "0.5"),
        ("2m", "seconds", "120"),
        ("85%", "ratio", "0.85"),
        ("85%", "percent", "85"),
        ("0.85", "ratio", "0.85"),
        ("20 bps", "ratio", "0.002"),
        ("10 MB/s", "bytes/second", "10000000"),
        ("1 KiB", "bytes", "1024"),
        ("2.5 USD", "USD", "2.5"),
        ("100", "count", "100"),
        ("250 ms", "milliseconds", "250"),
        ("30 celsius", "celsius", "30"),
    ],
)
def test_quantities_become_numbers_of_the_unit_they_are_compared_with(
    text: str, unit: str, expected: str
) -> None:
    """Exact, also where pint does the work."""
    assert convert(parse_quantity(text), unit) == Decimal(expected)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("500 MB", "seconds"),
        ("500", "seconds"),
        ("85%", "seconds"),
        ("5 s", "bytes"),
        ("5 s", "ratio"),
        ("10 MB", "USD"),
        ("3", "percent"),
    ],
)
def test_what_measures_something_else_is_refused(text: str, unit: str) -> None:
    """A plain number is not taken for seconds or percent: it is more often meant as another unit."""
    with pytest.raises(UnitMismatch):
        convert(parse_quantity(text), unit)


@pytest.mark.parametrize("text", ["500 mib bytes", "ten s", "5 parsnips", "5 ../x", "5 __import__"])
def test_unknown_units_are_refused(text: str) -> None:
    """Whatever pint raises inside becomes a ValueError."""
    with pytest.raises(ValueError, match=r"unit|number"):
        parse_quantity(text)


def test_declared_units_are_checked() -> None:
    """What no quantity could be compared with is no unit."""
    check_unit("bytes/second")
    with pytest.raises(ValueError, match="parsnip"):
        check_unit("parsnip")


@pytest.mark.parametrize(
    ("metric", "unit"),
    [
        ("a_latency_seconds_bucket", "seconds"),
        ("a_bytes_total", "bytes"),
        ("a_ratio", "ratio"),
        ("http_requests_total", None),
    ],
)
def test_a_metrics_name_says_its_unit(metric: str, unit: str | None) -> None:
    """By Prometheus' naming practice."""
    assert unit_of_metric(metric) == unit


def test_division_is_exact_where_it_ends_and_short_where_it_does_not() -> None:
    """Thresholds stay readable."""
    assert divide(Decimal(1), Decimal(8)) == Decimal("0.125")
    assert format_decimal(divide(Decimal(1), Decimal(3))) == "0.333333333333"
