"""Functions over a range of samples, as Prometheus computes them: `rate`, `predict_linear`, `max_over_time` and the like.

A range is never without samples; a function gives None where Prometheus gives no result.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from promgen.promql.courses import Rise

Values = Sequence[float]


class Unsteady(Exception):
    """An expression that cannot be worked out here; the message is the reason, as the end of a sentence."""


class Range(NamedTuple):
    """The samples of one series in a range that begins and ends at a time in seconds, numbered in order of time."""

    start: float
    end: float
    is_closed: bool
    """Whether a sample at its very beginning would count, as before Prometheus 3."""
    rise: Rise
    unit: float
    """The seconds from one number to the next."""
    samples: Callable[[], tuple[list[int], list[float]]]
    """Their numbers and values, where more than the rise is needed."""

    @property
    def times(self) -> list[float]:
        """In seconds."""
        return [number * self.unit for number in self.samples()[0]]

    @property
    def values(self) -> list[float]:
        return self.samples()[1]


RangeFunction = Callable[[Range], float | None]


def increase(window: Range) -> float | None:
    """How far a counter rose, a fall being a restart from zero, extrapolated to the ends of the range."""
    return _extrapolated(window, is_counter=True)


def rate(window: Range) -> float | None:
    """The increase per second."""
    found = increase(window)
    return None if found is None else found / (window.end - window.start)


def delta(window: Range) -> float | None:
    """How far a gauge rose, extrapolated to the ends of the range."""
    return _extrapolated(window, is_counter=False)


def irate(window: Range) -> float | None:
    """The rise per second between the last two samples."""
    numbers, values = window.samples()
    if len(values) < 2:
        return None
    first, last = values[-2:]
    return (last if last < first else last - first) / ((numbers[-1] - numbers[-2]) * window.unit)


def idelta(window: Range) -> float | None:
    """The difference between the last two samples."""
    values = window.values
    return values[-1] - values[-2] if len(values) > 1 else None


def deriv(window: Range) -> float | None:
    """The slope per second of the straight line that fits best."""
    line = _regression(window)
    return None if line is None else line[0]


def predict_linear(window: Range, seconds: float) -> float | None:
    """Where that line is, so many seconds after the end of the range."""
    line = _regression(window)
    return None if line is None else line[1] + line[0] * seconds


def quantile(values: Values, share: float) -> float:
    """The value below which a share of the values lies, between neighbours on a line."""
    if not values or math.isnan(share):
        return math.nan
    if share < 0 or share > 1:
        return math.copysign(math.inf, share)
    ordered = sorted(values, key=lambda value: (not math.isnan(value), value))
    rank = share * (len(ordered) - 1)
    low = math.floor(rank)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] * (1 - (rank - low)) + ordered[high] * (rank - low)


def _extrapolated(window: Range, *, is_counter: bool) -> float | None:
    start, end, is_closed, rise, unit, _ = window
    if rise.number < 2:
        return None
    risen = rise.last_value - rise.first_value + (rise.lost if is_counter else 0.0)
    sampled = (rise.last - rise.first) * unit
    gap = sampled / (rise.number - 1)
    to_start, to_end = rise.first * unit - start, end - rise.last * unit
    to_zero = math.inf
    if is_counter and risen > 0 and rise.first_value >= 0:
        to_zero = sampled * (rise.first_value / risen)  # no counter was ever below zero
    if is_closed:  # Prometheus 2 looks at zero before it asks whether the end is far away
        to_start = min(to_start, to_zero)
    to_start = min(to_start if to_start < gap * 1.1 else gap / 2, to_zero)
    to_end = to_end if to_end < gap * 1.1 else gap / 2
    return risen * (sampled + to_start + to_end) / sampled


def _regression(window: Range) -> tuple[float, float] | None:
    """Slope per second, and the value at the end of the range."""
    values = window.values
    if len(values) < 2:
        return None
    if values.count(values[0]) == len(values):
        return (0.0, values[0]) if math.isfinite(values[0]) else (math.nan, math.nan)
    times = [at - window.end for at in window.times]
    middle, height = mean(times), mean(values)
    spread = sum([(at - middle) ** 2 for at in times])
    slope = sum([(at - middle) * (value - height) for at, value in zip(times, values, strict=True)]) / spread
    return slope, height - slope * middle


def largest(values: Values) -> float:
    """The largest; NaN only where there is nothing else."""
    return max((value for value in values if not math.isnan(value)), default=math.nan)


def smallest(values: Values) -> float:
    """The smallest; NaN only where there is nothing else."""
    return min((value for value in values if not math.isnan(value)), default=math.nan)


def mean(values: Values) -> float:
    """The mean, also of what is not finite."""
    return sum(values) / len(values)


def variance(values: Values) -> float:
    """The square of the standard deviation of all there are."""
    middle = mean(values)
    return sum([(value - middle) ** 2 for value in values]) / len(values)


def deviation(values: Values) -> float:
    """The standard deviation of all there are."""
    return math.sqrt(variance(values))


def _changes(values: Values) -> int:
    return sum(
        before != after and not (math.isnan(before) and math.isnan(after))
        for before, after in pairwise(values)
    )


def _resets(values: Values) -> int:
    return sum(after < before for before, after in pairwise(values))


_OF_VALUES: dict[str, Callable[[Values], float]] = {
    "avg_over_time": mean,
    "max_over_time": largest,
    "min_over_time": smallest,
    "sum_over_time": sum,
    "count_over_time": len,
    "stddev_over_time": deviation,
    "stdvar_over_time": variance,
    "last_over_time": lambda values: values[-1],
    "present_over_time": lambda _: 1.0,
    "changes": _changes,
    "resets": _resets,
}


def _of_values(function: Callable[[Values], float]) -> RangeFunction:
    return lambda window: float(function(window.values))


RANGE_FUNCTIONS: dict[str, RangeFunction] = {
    "rate": rate,
    "increase": increase,
    "delta": delta,
    "irate": irate,
    "idelta": idelta,
    "deriv": deriv,
    **{name: _of_values(function) for name, function in _OF_VALUES.items()},
}
"""Those with a range and nothing else."""
