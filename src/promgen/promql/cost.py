"""What one evaluation of an expression costs Prometheus, in samples, computed the way its engine counts them.

The rules, read from the engine's source and compared with Prometheus 3.5:

- An instant selector counts one sample for a series; a range selector as many as fall in the range. A range in a
  function is loaded one series after the other, so it adds one series at a time to the peak.
- Numbers, `time()` and `vector()` count nothing.
- A subquery in a function counts the points of its result in the range, not what its inner expression reads at every
  step; that is in `subqueries`. A bare subquery counts what it reads.
- The peak holds the operands of an operation together with its result, and the results of a subquery together with
  the range made of them. `max_samples` of the server and promtool's fixed 10,000 limit it.

Estimates: histograms count as one sample. An aggregation `by` labels or `without` is taken to give as many series as
go in, so the points of a subquery over one, and the peak, are upper bounds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

import promql_parser

from promgen.promql.library import WINDOW_MS
from promgen.promql.parse import Expression
from promgen.promql.selectors import Selector, children, selector_of
from promgen.promql.shape import aggregation_of, group_labels, operator_of, type_of

_MILLISECOND = timedelta(milliseconds=1)
_ONE_SERIES = frozenset({"vector", "absent", "absent_over_time"})
_KEEPS_SERIES = frozenset({"topk", "bottomk", "limitk", "limit_ratio", "count_values"})


@dataclass(frozen=True, slots=True)
class Cost:
    """Samples of one instant evaluation."""

    samples: int
    """What Prometheus reports as `totalQueryableSamples`."""
    peak: int
    """What it holds in memory at once, `peakSamples`."""
    subqueries: int
    """What the inner expressions of subqueries touch besides, which `samples` leaves out and the processor does not."""


def samples(
    expression: Expression,
    *,
    series: Callable[[Selector], int],
    interval_ms: Callable[[Selector], int],
    default_step_ms: int = 60_000,
) -> Cost:
    """Estimate the cost of one instant evaluation, given how many series a selector matches and how often they are sampled.

    `default_step_ms` is the server's evaluation interval, the step of a subquery `[1h:]`. Raises ValueError while
    `$window` is not substituted.
    """
    if expression.has_window:
        raise ValueError("the cost of `$window` is not known; substitute the window first")
    load = _Estimate(series, interval_ms, default_step_ms).of(expression.node, 1)
    return Cost(load.samples, load.peak, load.hidden)


class _Load(NamedTuple):
    """What a part gives and takes when it is evaluated at a number of steps."""

    series: int
    """Series in its result."""
    held: int
    """Samples in its result."""
    samples: int
    peak: int
    hidden: int


_STRING = _Load(0, 0, 0, 0, 0)


class _Estimate:
    """Walks the tree; how deep it is, is limited by the parser."""

    def __init__(self, series: Callable[[Selector], int], interval_ms: Callable[[Selector], int], default_step_ms: int) -> None:
        self._series = series
        self._interval_ms = interval_ms
        self._default_step_ms = default_step_ms

    def of(self, node: promql_parser.Expr, steps: int) -> _Load:
        if isinstance(node, promql_parser.ParenExpr | promql_parser.UnaryExpr):
            return self.of(node.expr, steps)
        if isinstance(node, promql_parser.VectorSelector):
            count = self._series(selector_of(node))
            return _Load(count, count * steps, count * steps, count * steps, 0)
        if isinstance(node, promql_parser.MatrixSelector):
            count, points = self._window(node)
            return _Load(count, count * points, count * points, count * points, 0)
        if isinstance(node, promql_parser.SubqueryExpr):
            return self.of(node.expr, steps * self._steps(node))
        if isinstance(node, promql_parser.StringLiteral):
            return _STRING
        return self._operation(node, steps)

    def _operation(self, node: promql_parser.Expr, steps: int) -> _Load:
        """A function, an operator or an aggregation: its operands stay in memory until its result is there."""
        held = total = peak = hidden = 0
        counts = []
        for operand in children(node):
            load = self._operand(node, operand, steps)
            peak = max(peak, held + load.peak)
            held, total, hidden = held + load.held, total + load.samples, hidden + load.hidden
            counts.append(load.series)
        result = _result_series(node, counts)
        return _Load(result, result * steps, total, max(peak, held + result * steps), hidden)

    def _operand(self, node: promql_parser.Expr, operand: promql_parser.Expr, steps: int) -> _Load:
        if not isinstance(node, promql_parser.Call):
            return self.of(operand, steps)
        if isinstance(operand, promql_parser.MatrixSelector):
            count, points = self._window(operand)
            total = count * points * steps
            return _Load(count, 0, total, points + count * steps, 0)
        if isinstance(operand, promql_parser.SubqueryExpr):
            return self._subquery_in_function(operand, steps)
        return self.of(operand, steps)

    def _subquery_in_function(self, node: promql_parser.SubqueryExpr, steps: int) -> _Load:
        """Evaluated once over all the time that the steps around it need, then read as ranges."""
        points = self._steps(node)
        inner = self.of(node.expr, points if steps == 1 else points + steps)
        peak = max(inner.peak, inner.held + points + inner.series * steps)
        return _Load(inner.series, inner.held, inner.series * points * steps, peak, inner.samples + inner.hidden)

    def _window(self, node: promql_parser.MatrixSelector) -> tuple[int, int]:
        """Series of a range selector, and samples of each in the range."""
        selector = selector_of(node.vector_selector, node.range)
        return self._series(selector), -(-(selector.range_ms or WINDOW_MS) // self._interval_ms(selector))

    def _steps(self, node: promql_parser.SubqueryExpr) -> int:
        step_ms = self._default_step_ms if node.step is None else node.step // _MILLISECOND
        return max(1, (node.range or _MILLISECOND) // _MILLISECOND // step_ms)


def _result_series(node: promql_parser.Expr, counts: list[int]) -> int:
    if isinstance(node, promql_parser.BinaryExpr):
        return _matched_series(node, counts[0], counts[1])
    if isinstance(node, promql_parser.AggregateExpr):
        is_one = group_labels(node) == () and aggregation_of(node) not in _KEEPS_SERIES
        return min(1, counts[-1]) if is_one else counts[-1]
    if isinstance(node, promql_parser.Call) and (node.func.name in _ONE_SERIES or type_of(node) == "scalar"):
        return 1
    return max(counts, default=1)


def _matched_series(node: promql_parser.BinaryExpr, left: int, right: int) -> int:
    types = (type_of(node.lhs), type_of(node.rhs))
    if "scalar" in types:
        return max(left, right)
    if operator_of(node) == "or":
        return left + right
    card = node.modifier.card if node.modifier else promql_parser.VectorMatchCardinality.OneToOne
    if operator_of(node) in {"and", "unless"} or card == promql_parser.VectorMatchCardinality.ManyToOne:
        return left
    return right if card == promql_parser.VectorMatchCardinality.OneToMany else min(left, right)
