"""Which metric the value of an expression is a value of: where its shape leaves no doubt, its unit is the metric's."""

from __future__ import annotations

import promql_parser

from promgen.promql.parse import Expression
from promgen.promql.selectors import children, selector_of
from promgen.promql.shape import aggregation_of, operator_of, type_of
from promgen.promql.tokens import COMPARISONS

_KEEPS_UNIT = frozenset(
    {
        *("sum", "avg", "min", "max", "quantile", "topk", "bottomk"),
        *("avg_over_time", "min_over_time", "max_over_time", "last_over_time", "quantile_over_time"),
        *(
            "abs",
            "clamp",
            "clamp_max",
            "clamp_min",
            "round",
            "sort",
            "sort_desc",
            "label_replace",
            "predict_linear",
        ),
    }
)


def measured_metric(expression: Expression) -> str | None:
    """The metric whose unit the value has; None when it is counted, divided, a rate, or of several metrics.

    A quantile of a histogram has the histogram's unit.
    """
    return _of(expression.node)


def _of(node: promql_parser.Expr) -> str | None:
    if isinstance(node, promql_parser.VectorSelector):
        return selector_of(node).metric
    if isinstance(node, promql_parser.MatrixSelector):
        return selector_of(node.vector_selector).metric
    if isinstance(node, promql_parser.ParenExpr | promql_parser.UnaryExpr | promql_parser.SubqueryExpr):
        return _of(node.expr)
    if isinstance(node, promql_parser.AggregateExpr):
        return _of(node.expr) if aggregation_of(node) in _KEEPS_UNIT else None
    if isinstance(node, promql_parser.Call):
        return _of_call(node)
    if isinstance(node, promql_parser.BinaryExpr):
        return _of_operation(node)
    return None


def _of_call(node: promql_parser.Call) -> str | None:
    if node.func.name == "histogram_quantile":
        return _only_metric_below(node.args[-1])
    if node.func.name not in _KEEPS_UNIT:
        return None
    return next((_of(argument) for argument in node.args if type_of(argument) in {"vector", "matrix"}), None)


def _of_operation(node: promql_parser.BinaryExpr) -> str | None:
    operator = operator_of(node)
    if operator in {"and", "unless"} or (
        operator in COMPARISONS and not (node.modifier and node.modifier.return_bool)
    ):
        return _of(node.lhs)
    if operator == "or" and _of(node.lhs) == _of(node.rhs):
        return _of(node.lhs)
    return None


def _only_metric_below(node: promql_parser.Expr) -> str | None:
    if isinstance(node, promql_parser.VectorSelector | promql_parser.MatrixSelector):
        return _of(node)
    found = {_only_metric_below(child) for child in children(node)} - {None}
    return found.pop() if len(found) == 1 else None
