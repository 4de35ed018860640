"""What an expression gives at a moment, worked out for series whose courses are made of straight lines.

Used to look for the values that bring an alert just below or just above its thresholds. It proposes and never proves:
whatever is found here is executed by promtool afterwards. Where Prometheus 2 and 3 differ (2 counts a sample at the very
beginning of a range in, 3 does not), the caller chooses.
"""

from __future__ import annotations

import math
import operator
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from promgen.base.durations import MINUTE, Duration
from promgen.promql.courses import Course, rise_of
from promgen.promql.examples import matches
from promgen.promql.regexes import compiled
from promgen.promql.steady_operators import (
    Labels,
    Result,
    Valued,
    aggregate,
    histogram_quantile,
    operate,
)
from promgen.promql.steady_ranges import (
    RANGE_FUNCTIONS,
    Range,
    RangeFunction,
    Unsteady,
    predict_linear,
    quantile,
)
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
_BEFORE = -1
"""Any moment before the first sample: all of them are alike."""


class Series(NamedTuple):
    """One made-up series."""

    metric: str
    labels: Mapping[str, str]


class Stage:
    """Series by name and labels, whose courses are given anew for each question.

    `interval` lies between samples; `step` between the evaluations of a subquery that names none.
    """

    __slots__ = ("_chosen", "_plays", "interval_ms", "labels", "series", "step_ms", "values")

    def __init__(
        self, series: Sequence[Series], interval: Duration = MINUTE, step: Duration = MINUTE
    ) -> None:
        self.series = tuple(series)
        self.labels = tuple(_sorted_labels(one.labels) for one in series)
        self.interval_ms = interval.ms
        self.step_ms = step.ms
        self._chosen: dict[int, tuple[Vector, tuple[int, ...]]] = {}
        self._plays: dict[bool, _Play] = {}
        self.values: dict[object, tuple[Call, dict[int, tuple[Course, float | None]]]] = {}
        """What functions over ranges gave, by question and then by place, with the course that it was given for."""

    def result(
        self, node: Node, courses: Sequence[Course], at: Duration, *, is_closed: bool = True
    ) -> Result:
        """What the expression gives at a time; `courses` stand in the order of the series.

        `is_closed` asks for ranges that count their first moment in, as before Prometheus 3. Raise Unsteady, with the
        reason, where the expression cannot be followed.
        """
        play = self._plays.get(is_closed)
        if play is None or play.courses is not courses:
            play = self._plays[is_closed] = _Play(self, courses, is_closed)
        return play.result(node, at.ms)

    def forget(self) -> None:
        """Give back what was remembered for the next question."""
        self.values.clear()
        self._plays.clear()

    def chosen(self, vector: Vector) -> tuple[int, ...]:
        """The places of the series that a selector chooses."""
        # By identity, which hashes at once; the vector is kept, so that no other gets its id.
        found = self._chosen.get(id(vector))
        if found is None:
            found = self._chosen[id(vector)] = vector, tuple(self._matching(vector))
        return found[1]

    def _matching(self, vector: Vector) -> Iterator[int]:
        metrics = set()
        for place, (metric, labels) in enumerate(self.series):
            if vector.metric in {metric, None} and matches(vector.matchers, {**labels, "__name__": metric}):
                metrics.add(metric)
                yield place
        if len(metrics) > 1:
            raise Unsteady("a selector chooses series of several metrics")


class _Play:
    """Courses for all series, and what expressions give for them; times are in milliseconds."""

    __slots__ = ("_known", "courses", "is_closed", "stage")

    def __init__(self, stage: Stage, courses: Sequence[Course], is_closed: bool) -> None:
        self.stage = stage
        self.courses = courses
        self.is_closed = is_closed
        self._known: dict[int, tuple[Subquery, dict[int, list[Valued]]]] = {}
        """The series inside subqueries by moment; the next question is likely to need them again."""

    def result(self, node: Node, at: int) -> Result:
        evaluate = _EVALUATED.get(type(node))
        if evaluate is None:
            raise Unsteady("a range or a text stands where a value is needed")
        return evaluate(self, node, at)

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

    def constant(self, node: Number, _: int) -> float:
        return node.value

    def negative(self, node: Negative, at: int) -> Result:
        found = self.result(node.expr, at)
        return -found if isinstance(found, float) else _each(found, operator.neg)

    def binary(self, node: Binary, at: int) -> Result:
        return operate(node, self.result(node.left, at), self.result(node.right, at))

    def aggregate(self, node: Aggregate, at: int) -> list[Valued]:
        parameter = None if node.param is None else self.number(node.param, at)
        return aggregate(node, self.vector(node.expr, at), parameter)

    def instant(self, node: Vector, at: int) -> list[Valued]:
        at = self.moved(node.times, at)
        last, age = divmod(at, self.stage.interval_ms)
        if age > _LOOKBACK_MS or (age == _LOOKBACK_MS and not self.is_closed):
            return []
        found = (
            (self.stage.labels[place], self.courses[place].at(last)) for place in self.stage.chosen(node)
        )
        return [Valued(labels, value) for labels, value in found if value is not None]

    def call(self, node: Call, at: int) -> Result:
        name, args = node.name, node.args
        if name in RANGE_FUNCTIONS:
            return self.over_time(node, args[0], at, RANGE_FUNCTIONS[name])
        if name in _PLAIN:
            others = [self.number(argument, at) for argument in args[1:]]
            return _each(self.vector(args[0], at), lambda value: _PLAIN[name](value, *others))
        special = _SPECIAL.get(name)
        if special is None:
            raise Unsteady(f"`{name}` is not followed")
        return special(self, node, at)

    def over_time(
        self, call: Call, node: Node, at: int, function: RangeFunction, parameter: float = 0.0
    ) -> list[Valued]:
        """A function, which knows the parameter, over a range; series without a sample in it are left out."""
        found: Iterable[tuple[Labels, float | None]]
        if isinstance(node, Subquery):
            found = ((labels, function(window)) for labels, window in self.of_subquery(node, at))
        elif isinstance(node, Vector):
            key = id(call), at, self.is_closed, parameter
            values = self.stage.values.setdefault(key, (call, {}))[1]
            found = self.of_vector(node, at, function, values)
        else:
            raise Unsteady("a value stands where a range is needed")
        return [Valued(labels, value) for labels, value in found if value is not None]

    def of_vector(
        self, node: Vector, at: int, function: RangeFunction, known: dict[int, tuple[Course, float | None]]
    ) -> Iterator[tuple[Labels, float | None]]:
        """`known` has the values of series whose courses may still be the same."""
        for place in self.stage.chosen(node):
            course = self.courses[place]
            before = known.get(place)
            if before is None or before[0] is not course:
                window = self.window(node, course, at)
                before = known[place] = course, None if window is None else function(window)
            yield self.stage.labels[place], before[1]

    def window(self, node: Vector, course: Course, at: int) -> Range | None:
        interval = self.stage.interval_ms
        end = self.moved(node.times, at)
        start = end - (node.times.range_ms or 0)
        first, last = self.first(start, interval), end // interval
        rise = course.rise(first, last)
        if rise is None:
            return None
        samples = partial(course.window, first, last)
        return Range(start / 1000, end / 1000, self.is_closed, rise, interval / 1000, samples)

    def of_subquery(self, node: Subquery, at: int) -> Iterator[tuple[Labels, Range]]:
        end = self.moved(node.times, at)
        start = end - (node.times.range_ms or 0)
        step = node.step_ms or self.stage.step_ms
        series: dict[Labels, _Samples] = {}
        known = self._known.setdefault(id(node), (node, {}))[1]
        for number in range(self.first(start, step), end // step + 1):
            moment = number * step if number >= 0 else _BEFORE
            found = known.get(moment)
            if found is None:
                found = known[moment] = self.vector(node.expr, moment)
            for labels, value in found:
                numbers, values = series.setdefault(labels, ([], []))
                numbers.append(number)
                values.append(value)
        for labels, samples in series.items():
            rise, unit = rise_of(*samples), step / 1000
            yield labels, Range(start / 1000, end / 1000, self.is_closed, rise, unit, partial(_same, samples))

    def first(self, start: int, interval: int) -> int:
        """The number of the first moment in a range; its beginning is one of them or not."""
        return -(-start // interval) if self.is_closed else start // interval + 1

    def moved(self, times: Times, at: int) -> int:
        if times.at or times.has_window or times.offset_ms < 0:
            raise Unsteady("`@`, `$window` or a look into the future stands in it")
        return at - times.offset_ms


_Samples = tuple[list[int], list[float]]
_EVALUATED: dict[type[Node], Callable[[_Play, Any, int], Result]] = {
    Number: _Play.constant,
    Vector: _Play.instant,
    Call: _Play.call,
    Aggregate: _Play.aggregate,
    Binary: _Play.binary,
    Negative: _Play.negative,
}


def _sorted_labels(labels: Mapping[str, str]) -> Labels:
    return tuple(sorted((name, text) for name, text in labels.items() if text))


def _same(samples: _Samples) -> _Samples:
    return samples


def _each(series: list[Valued], change: Callable[[float], float]) -> list[Valued]:
    return [Valued(one.labels, change(one.value)) for one in series]


def _rounded(value: float, nearest: float = 1.0) -> float:
    if not math.isfinite(value) or not nearest:
        return value if nearest else math.nan
    inverse = 1 / nearest
    return math.floor(value * inverse + 0.5) / inverse


def _exponential(value: float) -> float:
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf


def _logarithm(function: Callable[[float], float]) -> Callable[[float], float]:
    def logarithm(value: float) -> float:
        if value > 0:
            return function(value) if value < math.inf else math.inf
        return -math.inf if value == 0 else math.nan

    return logarithm


def _sign(value: float) -> float:
    return math.copysign(1.0, value) if value and not math.isnan(value) else value


def _clamp(value: float, low: float, high: float) -> float:
    if low > high:
        raise Unsteady("the bounds of `clamp` leave nothing between them")
    return _clamp_max(_clamp_min(value, low), high)


def _clamp_min(value: float, low: float) -> float:
    return value if math.isnan(value) else max(value, low)


def _clamp_max(value: float, high: float) -> float:
    return value if math.isnan(value) else min(value, high)


_PLAIN: dict[str, Callable[..., float]] = {
    "abs": abs,
    "ceil": lambda value: float(math.ceil(value)) if math.isfinite(value) else value,
    "floor": lambda value: float(math.floor(value)) if math.isfinite(value) else value,
    "round": _rounded,
    "exp": _exponential,
    "sqrt": lambda value: math.sqrt(value) if value >= 0 else math.nan,
    "ln": _logarithm(math.log),
    "log2": _logarithm(math.log2),
    "log10": _logarithm(math.log10),
    "sgn": _sign,
    "clamp": _clamp,
    "clamp_min": _clamp_min,
    "clamp_max": _clamp_max,
}
"""Functions of a value, and of numbers that follow it."""


def absent_labels(watched: Node) -> dict[str, str]:
    """The labels of what `absent` gives: those for which a selector demands one value.

    Raise Unsteady where it demands more of such a label, and the order in which it does would decide.
    """
    matchers = [
        matcher
        for matcher in (watched.matchers if isinstance(watched, Vector) else ())
        if matcher.name != "__name__"
    ]
    names = Counter(matcher.name for matcher in matchers)
    demanded = [matcher for matcher in matchers if matcher.op == "=" and matcher.value]
    if any(names[matcher.name] > 1 for matcher in demanded):
        raise Unsteady("`absent` watches a selector with two conditions on one label")
    return {matcher.name: matcher.value for matcher in demanded}


def _absent(play: _Play, node: Call, at: int) -> list[Valued]:
    return _absence(node.args[0], is_there=bool(play.vector(node.args[0], at)))


def _absent_over_time(play: _Play, node: Call, at: int) -> list[Valued]:
    return _absence(node.args[0], is_there=bool(play.over_time(node, node.args[0], at, lambda _: 1.0)))


def _absence(watched: Node, *, is_there: bool) -> list[Valued]:
    return [] if is_there else [Valued(_sorted_labels(absent_labels(watched)), 1.0)]


def _predict_linear(play: _Play, node: Call, at: int) -> list[Valued]:
    """Seen from the moment of the question, not from the end of a range that lies further back."""
    ranged, seconds = node.args[0], play.number(node.args[1], at)
    if isinstance(ranged, Vector | Subquery):
        seconds += ranged.times.offset_ms / 1000
    return play.over_time(node, ranged, at, lambda window: predict_linear(window, seconds), seconds)


def _quantile_over_time(play: _Play, node: Call, at: int) -> list[Valued]:
    share = play.number(node.args[0], at)
    return play.over_time(node, node.args[1], at, lambda window: quantile(window.values, share), share)


def _histogram_quantile(play: _Play, node: Call, at: int) -> list[Valued]:
    return histogram_quantile(play.number(node.args[0], at), play.vector(node.args[1], at))


def _label_replace(play: _Play, node: Call, at: int) -> list[Valued]:
    target, replacement, source, pattern = (
        argument.value for argument in node.args if isinstance(argument, String)
    )
    if "__name__" in {target, source}:
        raise Unsteady("the name of the metric is used as a label")
    found: list[Valued] = []
    for labels, value in play.vector(node.args[0], at):
        known = dict(labels)
        match = compiled(pattern).fullmatch(known.get(source, ""))
        if match:
            known[target] = _expanded(replacement, match)
        found.append(Valued(_sorted_labels(known), value))
    return found


def _expanded(replacement: str, match: re.Match[str]) -> str:
    """The text with the groups it names; one that the pattern does not have is empty."""
    groups = {str(place): text for place, text in enumerate((match[0], *match.groups()))} | match.groupdict()
    return _REFERENCE.sub(
        lambda found: "$" if found[3] else groups.get(found[1] or found[2]) or "", replacement
    )


_REFERENCE = re.compile(r"\$(?:\{(\w+)\}|(\w+)|(\$))", re.ASCII)


def _scalar(play: _Play, node: Call, at: int) -> float:
    found = play.vector(node.args[0], at)
    return float(found[0].value) if len(found) == 1 else math.nan


def _time(_: _Play, __: Call, at: int) -> float:
    if at < 0:
        raise Unsteady("`time()` is asked before the first sample")
    return at / 1000


def _timestamp(play: _Play, node: Call, at: int) -> list[Valued]:
    (selected,) = node.args
    if not isinstance(selected, Vector):
        return _each(play.vector(selected, at), lambda _: at / 1000)
    interval = play.stage.interval_ms
    last = play.moved(selected.times, at) // interval * interval / 1000
    return _each(play.vector(selected, at), lambda _: last)


_SPECIAL: dict[str, Callable[[_Play, Call, int], Result]] = {
    "absent": _absent,
    "absent_over_time": _absent_over_time,
    "histogram_quantile": _histogram_quantile,
    "label_replace": _label_replace,
    "predict_linear": _predict_linear,
    "quantile_over_time": _quantile_over_time,
    "scalar": _scalar,
    "sort": lambda play, node, at: play.vector(node.args[0], at),
    "sort_desc": lambda play, node, at: play.vector(node.args[0], at),
    "time": _time,
    "timestamp": _timestamp,
    "vector": lambda play, node, at: [Valued((), play.number(node.args[0], at))],
}
