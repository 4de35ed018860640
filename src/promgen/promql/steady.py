"""What an expression gives at a moment, worked out for series whose courses are made of straight lines.

Used to look for the values that bring an alert just below or just above its thresholds. It proposes and never proves:
whatever is found here is executed by promtool afterwards. Where Prometheus 2 and 3 differ (2 counts a sample at the very
beginning of a range in, 3 does not), the caller chooses.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, assert_never

from promgen.base.durations import MINUTE, Duration
from promgen.promql.courses import Course
from promgen.promql.examples import matches
from promgen.promql.steady_operators import (
    Result,
    Unsteady,
    Valued,
    aggregate,
    histogram_quantile,
    operate,
)
from promgen.promql.steady_ranges import RANGE_FUNCTIONS, Range, RangeFunction, predict_linear, quantile
from promgen.promql.tree import (
    Aggregate,
    Binary,
    Call,
    Negative,
    Node,
    Number,
    String,
    Subquery,
    Times,
    Vector,
)

_LOOKBACK_MS = 300_000
"""How long a sample stands for the ones that follow it."""


class Series(NamedTuple):
    """One made-up series."""

    metric: str
    labels: Mapping[str, str]


class Stage:
    """Series by name and labels, whose courses are given anew for each question.

    `interval` lies between samples; `step` between the evaluations of a subquery that names none.
    """

    __slots__ = ("_chosen", "interval_ms", "series", "step_ms")

    def __init__(
        self, series: Sequence[Series], interval: Duration = MINUTE, step: Duration = MINUTE
    ) -> None:
        self.series = tuple(series)
        self.interval_ms = interval.ms
        self.step_ms = step.ms
        self._chosen: dict[Vector, tuple[int, ...]] = {}

    def result(
        self, node: Node, courses: Sequence[Course], at: Duration, *, is_closed: bool = True
    ) -> Result:
        """What the expression gives at a time; `courses` stand in the order of the series.

        `is_closed` asks for ranges that count their first moment in, as before Prometheus 3. Raise Unsteady, with the
        reason, where the expression cannot be followed.
        """
        return _Moment(self, courses, is_closed).result(node, at.ms)

    def chosen(self, vector: Vector) -> tuple[int, ...]:
        """The places of the series that a selector chooses."""
        found = self._chosen.get(vector)
        if found is None:
            found = tuple(
                place
                for place, (metric, labels) in enumerate(self.series)
                if vector.metric in {metric, None}
                and matches(vector.matchers, {**labels, "__name__": metric})
            )
            self._chosen[vector] = found
        return found


class _Moment:
    """One evaluation; times are in milliseconds."""

    __slots__ = ("courses", "is_closed", "stage")

    def __init__(self, stage: Stage, courses: Sequence[Course], is_closed: bool) -> None:
        self.stage = stage
        self.courses = courses
        self.is_closed = is_closed

    def result(self, node: Node, at: int) -> Result:
        match node:
            case Number(value):
                return value
            case Vector():
                return self.instant(node, at)
            case Call():
                return self.call(node, at)
            case Aggregate():
                parameter = None if node.param is None else self.number(node.param, at)
                return aggregate(node, self.vector(node.expr, at), parameter)
            case Binary():
                return operate(node, self.result(node.left, at), self.result(node.right, at))
            case Negative(expr):
                found = self.result(expr, at)
                return -found if isinstance(found, float) else _each(found, lambda value: -value)
            case String() | Subquery():
                raise Unsteady("a range or a text stands where a value is needed")
        assert_never(node)

    def vector(self, node: Node, at: int) -> list[Valued]:
        found = self.result(node, at)
        if isinstance(found, float):
            raise Unsteady("a scalar stands where series are needed")
        return found

    def number(self, node: Node, at: int) -> float:
        found = self.result(node, at)
        if not isinstance(found, float):
            raise Unsteady("series stand where a scalar is needed")
        return found

    def instant(self, node: Vector, at: int) -> list[Valued]:
        at = self.moved(node.times, at)
        interval = self.stage.interval_ms
        last = at // interval
        found: list[Valued] = []
        for place in self.stage.chosen(node):
            if at - last * interval >= _LOOKBACK_MS:
                continue
            value = self.courses[place].at(last)
            if value is not None:
                found.append(Valued(self.stage.series[place].labels, value))
        return found

    def call(self, node: Call, at: int) -> Result:
        name, args = node.name, node.args
        if name == "time":
            return at / 1000
        if name == "vector":
            return [Valued({}, self.number(args[0], at))]
        if name in _PLAIN:
            others = [self.number(argument, at) for argument in args[1:]]
            return _each(self.vector(args[0], at), lambda value: _PLAIN[name](value, *others))
        if args and isinstance(args[-1] if name == "quantile_over_time" else args[0], Vector | Subquery):
            ranged = self.over_time(node, at)
            if ranged is not None:
                return ranged
        special = _SPECIAL.get(name)
        if special is None:
            raise Unsteady(f"`{name}` is not followed")
        return special(self, node, at)

    def over_time(self, node: Call, at: int) -> list[Valued] | None:
        """A function over a range; None where it is another function."""
        function: RangeFunction | None = RANGE_FUNCTIONS.get(node.name)
        ranged = node.args[0]
        if node.name == "predict_linear":
            seconds = self.number(node.args[1], at)
            function = lambda window: predict_linear(window, seconds)  # noqa: E731
        elif node.name == "quantile_over_time":
            share, ranged = self.number(node.args[0], at), node.args[1]
            function = lambda window: quantile(window.values, share)  # noqa: E731
        if function is None or not isinstance(ranged, Vector | Subquery):
            return None
        found = ((labels, function(window)) for labels, window in self.ranges(ranged, at))
        return [Valued(labels, value) for labels, value in found if value is not None]

    def ranges(self, node: Vector | Subquery, at: int) -> Iterator[tuple[Mapping[str, str], Range]]:
        """Each series' samples in a range; those without any are left out."""
        end = self.moved(node.times, at)
        start = end - (node.times.range_ms or 0)
        found = (
            self.samples(node, start, end) if isinstance(node, Vector) else self.subquery(node, start, end)
        )
        for labels, samples in found:
            if samples:
                yield labels, Range(start / 1000, end / 1000, samples)

    def samples(
        self, node: Vector, start: int, end: int
    ) -> Iterator[tuple[Mapping[str, str], list[tuple[float, float]]]]:
        interval = self.stage.interval_ms
        first, last = self.first(start, interval), end // interval
        seconds = interval / 1000
        for place in self.stage.chosen(node):
            window = self.courses[place].window(first, last)
            yield self.stage.series[place].labels, [(number * seconds, value) for number, value in window]

    def subquery(
        self, node: Subquery, start: int, end: int
    ) -> Iterator[tuple[Mapping[str, str], list[tuple[float, float]]]]:
        step = node.step_ms or self.stage.step_ms
        series: dict[frozenset[tuple[str, str]], list[tuple[float, float]]] = {}
        for number in range(max(self.first(start, step), 0), end // step + 1):
            for labels, value in self.vector(node.expr, number * step):
                series.setdefault(frozenset(labels.items()), []).append((number * step / 1000, value))
        for key, samples in series.items():
            yield dict(key), samples

    def first(self, start: int, interval: int) -> int:
        """The number of the first moment in a range; its beginning is one of them or not."""
        return -(-start // interval) if self.is_closed else start // interval + 1

    def moved(self, times: Times, at: int) -> int:
        if times.at or times.has_window:
            raise Unsteady("`@` or `$window` stands in it")
        return at - times.offset_ms


def _each(series: list[Valued], change: Callable[[float], float]) -> list[Valued]:
    return [Valued(one.labels, change(one.value)) for one in series]


def _rounded(value: float, nearest: float = 1.0) -> float:
    return math.floor(value / nearest + 0.5) * nearest if math.isfinite(value) else value


def _logarithm(function: Callable[[float], float]) -> Callable[[float], float]:
    def logarithm(value: float) -> float:
        if value > 0:
            return function(value) if value < math.inf else math.inf
        return -math.inf if value == 0 else math.nan

    return logarithm


def _clamp_min(value: float, low: float) -> float:
    return value if math.isnan(value) else max(value, low)


def _clamp_max(value: float, high: float) -> float:
    return value if math.isnan(value) else min(value, high)


_PLAIN: dict[str, Callable[..., float]] = {
    "abs": abs,
    "ceil": lambda value: float(math.ceil(value)) if math.isfinite(value) else value,
    "floor": lambda value: float(math.floor(value)) if math.isfinite(value) else value,
    "round": _rounded,
    "exp": lambda value: math.exp(value) if value < 700 else math.inf,
    "sqrt": lambda value: math.sqrt(value) if value >= 0 else math.nan,
    "ln": _logarithm(math.log),
    "log2": _logarithm(math.log2),
    "log10": _logarithm(math.log10),
    "sgn": lambda value: math.copysign(1.0, value) if value else value,
    "clamp": lambda value, low, high: _clamp_max(_clamp_min(value, low), high),
    "clamp_min": _clamp_min,
    "clamp_max": _clamp_max,
}
"""Functions of a value, and of numbers that follow it."""


def _absent(moment: _Moment, node: Call, at: int) -> list[Valued]:
    (watched,) = node.args
    is_range = node.name == "absent_over_time"
    if is_range:
        assert isinstance(watched, Vector | Subquery)
        is_there = next(moment.ranges(watched, at), None) is not None
    else:
        is_there = bool(moment.vector(watched, at))
    return [] if is_there else [Valued(absent_labels(watched), 1.0)]


def absent_labels(watched: Node) -> dict[str, str]:
    """The labels of what `absent` gives: those that a selector demands, once and with one value."""
    if not isinstance(watched, Vector):
        return {}
    names = [matcher.name for matcher in watched.matchers]
    return {
        matcher.name: matcher.value
        for matcher in watched.matchers
        if matcher.op == "=" and names.count(matcher.name) == 1 and matcher.value
    }


def _scalar(moment: _Moment, node: Call, at: int) -> float:
    found = moment.vector(node.args[0], at)
    return found[0].value if len(found) == 1 else math.nan


def _histogram_quantile(moment: _Moment, node: Call, at: int) -> list[Valued]:
    return histogram_quantile(moment.number(node.args[0], at), moment.vector(node.args[1], at))


def _label_replace(moment: _Moment, node: Call, at: int) -> list[Valued]:
    target, replacement, source, pattern = _texts(node)
    compiled = re.compile(pattern)
    template = re.sub(r"\$(?:\{(\w+)\}|(\w+)|(\$))", _reference, replacement.replace("\\", "\\\\"))
    found: list[Valued] = []
    for labels, value in moment.vector(node.args[0], at):
        match = compiled.fullmatch(labels.get(source, ""))
        changed = {**labels, target: match.expand(template)} if match else labels
        found.append(Valued({name: text for name, text in changed.items() if text}, value))
    return found


def _reference(found: re.Match[str]) -> str:
    return "$" if found[3] else rf"\g<{found[1] or found[2]}>"


def _texts(node: Call) -> tuple[str, ...]:
    return tuple(argument.value for argument in node.args if isinstance(argument, String))


def _sorted(moment: _Moment, node: Call, at: int) -> list[Valued]:
    return moment.vector(node.args[0], at)


def _timestamp(moment: _Moment, node: Call, at: int) -> list[Valued]:
    if not isinstance(node.args[0], Vector):
        return _each(moment.vector(node.args[0], at), lambda _: at / 1000)
    interval = moment.stage.interval_ms
    last = moment.moved(node.args[0].times, at) // interval * interval / 1000
    return _each(moment.vector(node.args[0], at), lambda _: last)


_SPECIAL: dict[str, Callable[[_Moment, Call, int], Result]] = {
    "absent": _absent,
    "absent_over_time": _absent,
    "scalar": _scalar,
    "histogram_quantile": _histogram_quantile,
    "label_replace": _label_replace,
    "sort": _sorted,
    "sort_desc": _sorted,
    "timestamp": _timestamp,
}
