"""Functions over a range of samples, as Prometheus computes them: `rate`, `predict_linear`, `max_over_time` and the like.

Samples are (seconds, value), oldest first and never none; a function gives None where Prometheus gives no result.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

Samples = Sequence[tuple[float, float]]


class Range(NamedTuple):
    """The samples of one series in a range that begins and ends at a time in seconds."""

    start: float
    end: float
    samples: Samples

    @property
    def values(self) -> list[float]:
        return [value for _, value in self.samples]


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
    if len(window.samples) < 2:
        return None
    (before, first), (after, last) = window.samples[-2:]
    return (last if last < first else last - first) / (after - before)


def idelta(window: Range) -> float | None:
    """The difference between the last two samples."""
    return window.samples[-1][1] - window.samples[-2][1] if len(window.samples) > 1 else None


def deriv(window: Range) -> float | None:
    """The slope per second of the straight line that fits best."""
    line = _regression(window)
    return None if line is None else line[0]


def predict_linear(window: Range, seconds: float) -> float | None:
    """Where that line is, so many seconds after the end of the range."""
    line = _regression(window)
    return None if line is None else line[1] + line[0] * seconds


def quantile(values: Sequence[float], share: float) -> float:
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
    samples = window.samples
    if len(samples) < 2:
        return None
    (first_at, first), (last_at, last) = samples[0], samples[-1]
    risen = last - first
    if is_counter:
        risen += sum(before for (_, before), (_, after) in pairwise(samples) if after < before)
    sampled = last_at - first_at
    gap = sampled / (len(samples) - 1)
    to_start, to_end = (
        distance if distance < gap * 1.1 else gap / 2
        for distance in (first_at - window.start, window.end - last_at)
    )
    if is_counter and risen > 0 and first >= 0:
        to_start = min(to_start, sampled * (first / risen))  # no counter was ever below zero
    return risen * (sampled + to_start + to_end) / sampled


def _regression(window: Range) -> tuple[float, float] | None:
    """Slope per second, and the value at the end of the range."""
    if len(window.samples) < 2:
        return None
    times = [at - window.end for at, _ in window.samples]
    values = window.values
    if all(value == values[0] for value in values):
        return 0.0, values[0]
    middle, mean = sum(times) / len(times), sum(values) / len(values)
    spread = sum((at - middle) ** 2 for at in times)
    slope = sum((at - middle) * (value - mean) for at, value in zip(times, values, strict=True)) / spread
    return slope, mean - slope * middle


def largest(values: Sequence[float]) -> float:
    """The largest; NaN only where there is nothing else."""
    return max((value for value in values if not math.isnan(value)), default=math.nan)


def smallest(values: Sequence[float]) -> float:
    """The smallest; NaN only where there is nothing else."""
    return min((value for value in values if not math.isnan(value)), default=math.nan)


def mean(values: Sequence[float]) -> float:
    """The mean, also of what is not finite."""
    return sum(values) / len(values)


def deviation(values: Sequence[float]) -> float:
    """The standard deviation of all there are."""
    if not all(map(math.isfinite, values)):
        return math.nan
    return statistics.pstdev(values)


def variance(values: Sequence[float]) -> float:
    """The square of the standard deviation."""
    return deviation(values) ** 2


_OF_VALUES: dict[str, Callable[[Sequence[float]], float]] = {
    "avg_over_time": mean,
    "max_over_time": largest,
    "min_over_time": smallest,
    "sum_over_time": sum,
    "count_over_time": len,
    "stddev_over_time": deviation,
    "stdvar_over_time": variance,
    "last_over_time": lambda values: values[-1],
    "first_over_time": lambda values: values[0],
    "present_over_time": lambda _: 1.0,
    "changes": lambda values: sum(
        before != after and not (math.isnan(before) and math.isnan(after))
        for before, after in pairwise(values)
    ),
    "resets": lambda values: sum(after < before for before, after in pairwise(values)),
}


def _of_values(function: Callable[[Sequence[float]], float]) -> RangeFunction:
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
