"""Courses of made-up series: their samples, what is seen of them in a window, and how promtool is told."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promgen.promql.courses import Course, Stretch, rise_of

VALUES = st.integers(-20, 20).map(float)
CHANGES = st.sampled_from([0.0, 0.0, 0.5, 3.0, -1.0])


@st.composite
def courses(draw: st.DrawFn) -> Course:
    """Up to four stretches, some without samples."""
    starts = [0, *sorted(draw(st.sets(st.integers(1, 30), max_size=3)))]
    values = [draw(st.none() | VALUES) for _ in starts]
    return Course(
        tuple(
            Stretch(start, value, draw(CHANGES) if value is not None else 0.0)
            for start, value in zip(starts, values, strict=True)
        )
    )


@given(courses(), st.integers(-5, 35), st.integers(-5, 40))
def test_a_window_has_the_samples_that_are_there(course: Course, first: int, last: int) -> None:
    there = [(number, course.at(number)) for number in range(first, last + 1)]
    numbers, values = course.window(first, last)
    assert list(zip(numbers, values, strict=True)) == [pair for pair in there if pair[1] is not None]


@given(courses(), st.integers(-5, 35), st.integers(-5, 40))
def test_a_rise_is_that_of_the_window(course: Course, first: int, last: int) -> None:
    numbers, values = course.window(first, last)
    assert course.rise(first, last) == (rise_of(numbers, values) if values else None)


@given(courses(), st.integers(0, 40), st.none() | VALUES)
def test_nothing_before_a_change_is_changed_by_it(course: Course, start: int, value: float | None) -> None:
    changed = course.followed(start=start, value=value)
    assert [changed.at(number) for number in range(start)] == [course.at(number) for number in range(start)]
    assert changed.at(start) == changed.at(start + 7) == value


def test_a_counter_that_starts_again_has_lost_what_it_had() -> None:
    course = Course((Stretch(0, 10, 5), Stretch(3, 2, 1)))
    rise = course.rise(0, 5)
    assert rise is not None
    assert rise.lost == 20
    assert rise.last_value - rise.first_value + rise.lost == 10 + 4  # 10 to 20, and from zero to 4


@pytest.mark.parametrize(
    ("stretches", "length", "text"),
    [
        ((Stretch(0, 5),), 1, "5"),
        ((Stretch(0, 5),), 4, "5x3"),
        ((Stretch(0, 5, 0.5),), 4, "5+0.5x3"),
        ((Stretch(0, 5, -2), Stretch(2, 1)), 5, "5-2x1 1x2"),
        ((Stretch(0, None), Stretch(3, 1)), 5, "_x3 1x1"),
        ((Stretch(0, 1), Stretch(2, None), Stretch(5, 3)), 6, "1x1 stale _x2 3"),
        ((Stretch(0, 1), Stretch(2, None)), 3, "1x1 stale"),
        ((Stretch(0, math.inf), Stretch(2, math.nan)), 3, "Inf Inf NaN"),
        ((Stretch(0, 1), Stretch(9, 2)), 3, "1x2"),
    ],
)
def test_what_promtool_is_told(stretches: tuple[Stretch, ...], length: int, text: str) -> None:
    """That it means these samples is shown by every expression that promtool and we agree about."""
    assert Course(stretches).printed(length) == text
