"""What one evaluation of an expression costs Prometheus, in samples, computed the way its engine counts them.

The rules, read from the engine's source; `samples` was equal to what Prometheus 2.42 and 3.5 report for 45 expressions:

- An instant selector counts one sample for a series; a range selector as many as fall in the range.
- Numbers, `time()` and `vector()` count nothing.
- A subquery in a function counts the points of its result in the range, not what its inner expression reads at every
  step; that is in `subqueries`. A bare subquery counts what it reads.
- The peak holds the operands of an operation, their values at one step and its result; a function over a range holds
  the results and the range of one series, and the whole result of a subquery. `query.max-samples` limits it, and
  promtool's fixed 10,000.

Estimates: where the labels of the series are not known, an aggregation `by` labels or `without` is taken to give as
many series as go in and `or` as many as both sides; the peak of an aggregation is as in 2.x (3.x holds less): upper
bounds all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NamedTuple, cast

import promql_parser

from promgen.promql.library import WINDOW_MS
from promgen.promql.parse import Expression
from promgen.promql.population import SCALAR, Population, widest
from promgen.promql.selectors import Selector, children, selector_of
from promgen.promql.shape import CHOOSING, aggregation_of, group_labels, operator_of, type_of

_MILLISECOND = timedelta(milliseconds=1)
_ONE_SERIES = frozenset({"vector", "absent", "absent_over_time"})
_SETS_LABEL = frozenset({"label_replace", "label_join"})
_KEEPS_SERIES = CHOOSING | {"count_values"}


@dataclass(frozen=True, slots=True)
class Cost:
    """Samples of one instant evaluation."""

    samples: int
    """What Prometheus reports as `totalQueryableSamples`."""
    peak: int
    """What it holds in memory at once, `peakSamples`."""
    subqueries: int
    """What the inner expressions of subqueries touch besides, which `samples` leaves out and the processor does not."""


class Evaluation(NamedTuple):
    """One instant evaluation: what it costs, and the series it gives."""

    cost: Cost
    result: Population


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

    def population(selector: Selector) -> Population:
        return Population(series(selector))

    return evaluation(
        expression, population=population, interval_ms=interval_ms, default_step_ms=default_step_ms
    ).cost


def evaluation(
    expression: Expression,
    *,
    population: Callable[[Selector], Population],
    interval_ms: Callable[[Selector], int],
    default_step_ms: int = 60_000,
) -> Evaluation:
    """The same, and how many series come out, given the labels of those that go in."""
    if expression.has_window:
        raise ValueError("the cost of `$window` is not known; substitute the window first")
    load = _Estimate(population, interval_ms, default_step_ms).of(expression.node, _ONCE)
    return Evaluation(Cost(load.samples, load.peak, load.hidden), load.result)


class _Load(NamedTuple):
    """What a part gives and takes when it is evaluated at a number of steps."""

    result: Population
    held: int
    """Samples in its result."""
    samples: int
    peak: int
    hidden: int


class _Steps(NamedTuple):
    """When a part is evaluated: how many times, and over which time."""

    times: int
    span_ms: int


_ONCE = _Steps(1, 0)


class _Estimate:
    """Walks the tree; how deep it is, is limited by the parser."""

    def __init__(
        self,
        population: Callable[[Selector], Population],
        interval_ms: Callable[[Selector], int],
        default_step_ms: int,
    ) -> None:
        self._population = population
        self._interval_ms = interval_ms
        self._default_step_ms = default_step_ms

    def of(self, node: promql_parser.Expr, steps: _Steps) -> _Load:
        if isinstance(node, promql_parser.ParenExpr | promql_parser.UnaryExpr):
            return self.of(node.expr, steps)
        if isinstance(node, promql_parser.VectorSelector):
            found = self._population(selector_of(node))
            return _held(found, found.count * steps.times)
        if isinstance(node, promql_parser.MatrixSelector):
            found, points = self._window(node)
            return _held(found, found.count * points)
        if isinstance(node, promql_parser.SubqueryExpr):
            return self.of(node.expr, self._steps_inside(node, steps))
        if isinstance(node, promql_parser.StringLiteral):
            return _held(Population(0, {}), 0)
        return self._operation(node, steps)

    def _operation(self, node: promql_parser.Expr, steps: _Steps) -> _Load:
        """A function, an operator or an aggregation."""
        held = gathered = total = peak = hidden = 0
        operands = []
        for operand in children(node):
            is_window = isinstance(node, promql_parser.Call) and type_of(operand) == "matrix"
            load = self._window_of_function(operand, steps) if is_window else self.of(operand, steps)
            peak = max(peak, held + load.peak)
            held += load.held
            gathered += 0 if is_window else load.result.count
            total += load.samples
            hidden += load.hidden
            operands.append(load.result)
        result = _result(node, operands)
        results = result.count * steps.times
        return _Load(result, results, total, max(peak, held + gathered + results), hidden)

    def _window_of_function(self, node: promql_parser.Expr, steps: _Steps) -> _Load:
        """The range that a function reads, one series after the other while its results pile up."""
        while isinstance(node, promql_parser.ParenExpr):
            node = node.expr
        if isinstance(node, promql_parser.SubqueryExpr):
            return self._window_of_subquery(node, steps)
        found, points = self._window(cast(promql_parser.MatrixSelector, node))
        results = found.count * steps.times
        return _Load(found, 0, results * points * found.weight, points + results, 0)

    def _window_of_subquery(self, node: promql_parser.SubqueryExpr, steps: _Steps) -> _Load:
        """Evaluated once over all the time that the steps around it need, then read as ranges."""
        points = self._steps_inside(node, _ONCE).times
        inner = self.of(node.expr, self._steps_inside(node, steps))
        results = inner.result.count * steps.times
        peak = max(inner.peak, inner.held + points + results)
        read = results * points * inner.result.weight
        return _Load(inner.result, inner.held, read, peak, inner.samples + inner.hidden)

    def _window(self, node: promql_parser.MatrixSelector) -> tuple[Population, int]:
        """Series of a range selector, and samples of each in the range."""
        selector = selector_of(node.vector_selector, node.range)
        return self._population(selector), -(-(selector.range_ms or WINDOW_MS) // self._interval_ms(selector))

    def _steps_inside(self, node: promql_parser.SubqueryExpr, steps: _Steps) -> _Steps:
        step_ms = self._default_step_ms if node.step is None else node.step // _MILLISECOND
        span_ms = steps.span_ms + (node.range or _MILLISECOND) // _MILLISECOND
        return _Steps(max(1, span_ms // step_ms), span_ms)


def _held(found: Population, held: int) -> _Load:
    """A part that reads what it gives."""
    return _Load(found, held, held * found.weight, held, 0)


def _result(node: promql_parser.Expr, operands: list[Population]) -> Population:
    match node:
        case promql_parser.BinaryExpr():
            return _matched(node, *operands)
        case promql_parser.AggregateExpr():
            return _aggregated(node, operands[-1])
        case promql_parser.Call():
            return _called(node, operands)
    return widest(operands)


def _aggregated(node: promql_parser.AggregateExpr, below: Population) -> Population:
    if aggregation_of(node) in _KEEPS_SERIES:
        return below
    labels = () if node.modifier is None else node.modifier.labels
    return below.grouped(labels, without=group_labels(node) is None)


def _called(node: promql_parser.Call, operands: list[Population]) -> Population:
    name = node.func.name
    if name in _ONE_SERIES or type_of(node) == "scalar":
        return SCALAR
    result = widest(operands)
    if name in _SETS_LABEL and isinstance(node.args[1], promql_parser.StringLiteral):
        return result.with_label(node.args[1].val)
    if name == "histogram_quantile":
        result = result.without_label("le")
    return replace(result, weight=1) if name.startswith("histogram_") else result


def _matched(node: promql_parser.BinaryExpr, left: Population, right: Population) -> Population:
    types = (type_of(node.lhs), type_of(node.rhs))
    if "scalar" in types:
        return right if types[0] == "scalar" else left
    matching = node.modifier.matching if node.modifier else None
    if operator_of(node) == "or":
        return left.united(right) if matching is None else widest((left, right))
    card = node.modifier.card if node.modifier else promql_parser.VectorMatchCardinality.OneToOne
    if operator_of(node) in {"and", "unless"} or card == promql_parser.VectorMatchCardinality.ManyToOne:
        return left
    if card == promql_parser.VectorMatchCardinality.OneToMany:
        return right
    matched = left if left.count <= right.count else right
    if matching is None:
        return matched
    return matched.grouped(matching.labels, without=matching.type == promql_parser.LabelModifierType.Exclude)
