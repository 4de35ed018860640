"""What an expression evaluates to: its type, the labels its result has, and whether it can select nothing on purpose."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import promql_parser

from promgen.promql.parse import Expression
from promgen.promql.selectors import children
from promgen.promql.tokens import COMPARISONS

ValueType = Literal["vector", "scalar", "matrix", "string"]

_TYPES: dict[str, ValueType] = {
    "ValueType.Vector": "vector",
    "ValueType.Scalar": "scalar",
    "ValueType.Matrix": "matrix",
    "ValueType.String": "string",
}
CHOOSING = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
"""Aggregations that choose among the series and leave their labels as they are."""
_ABSENCE = frozenset({"absent", "absent_over_time"})
_CHANGES_LABELS = _ABSENCE | {"label_replace", "label_join", "info", "histogram_quantiles"}


def value_type(expression: Expression) -> ValueType:
    """What evaluating it gives."""
    return type_of(expression.node)


def is_range(expression: Expression) -> bool:
    """Whether it is a range of samples, which a rule cannot record and an alert cannot test."""
    return value_type(expression) == "matrix"


def has_filter(expression: Expression) -> bool:
    """Whether it gives nothing while its condition does not hold, so that it can be the condition of an alert.

    A comparison without `bool`, `and`, `unless` and `absent()` filter; `or` with a side that does not filter undoes it.
    """
    return _filters(expression.node)


def grouping(expression: Expression) -> tuple[str, ...] | None:
    """The labels that every series of the result has and no others, in the order written; None when they cannot be known.

    A label that the aggregated series lack is missing from the result as well. Known are aggregations `by (…)` and what
    keeps their labels: parentheses, functions, operators with a scalar, and operators between sides of equal labels.
    """
    return _grouping(expression.node)


def type_of(node: promql_parser.Expr) -> ValueType:
    """What evaluating a part gives."""
    while isinstance(node, promql_parser.ParenExpr | promql_parser.UnaryExpr):
        node = node.expr
    if isinstance(node, promql_parser.Call):
        return _TYPES[str(node.func.return_type)]
    if isinstance(node, promql_parser.BinaryExpr):
        return "scalar" if type_of(node.lhs) == type_of(node.rhs) == "scalar" else "vector"
    if isinstance(node, promql_parser.MatrixSelector | promql_parser.SubqueryExpr):
        return "matrix"
    if isinstance(node, promql_parser.NumberLiteral):
        return "scalar"
    return "string" if isinstance(node, promql_parser.StringLiteral) else "vector"


def aggregation_of(node: promql_parser.AggregateExpr) -> str:
    """The name of an aggregation, such as `sum`."""
    return str(node.op)


def operator_of(node: promql_parser.BinaryExpr) -> str:
    """The operator in lower case, such as `/` or `unless`."""
    return str(node.op)


def group_labels(node: promql_parser.AggregateExpr) -> tuple[str, ...] | None:
    """The labels an aggregation groups by; None for `without`."""
    if node.modifier is None:
        return ()
    is_by = node.modifier.type == promql_parser.AggModifierType.By
    return tuple(dict.fromkeys(node.modifier.labels)) if is_by else None


def _filters(node: promql_parser.Expr) -> bool:
    if isinstance(node, promql_parser.BinaryExpr):
        return _operator_filters(node)
    if isinstance(node, promql_parser.Call) and (node.func.name in _ABSENCE or type_of(node) == "scalar"):
        return node.func.name in _ABSENCE
    return any(_filters(child) for child in children(node))


def _operator_filters(node: promql_parser.BinaryExpr) -> bool:
    operator = operator_of(node)
    if operator == "or":
        return _filters(node.lhs) and _filters(node.rhs)
    if operator in {"and", "unless"}:
        return True
    if (
        operator in COMPARISONS
        and type_of(node) == "vector"
        and not (node.modifier and node.modifier.return_bool)
    ):
        return True
    return _filters(node.lhs) or _filters(node.rhs)


def _grouping(node: promql_parser.Expr) -> tuple[str, ...] | None:
    if isinstance(node, promql_parser.AggregateExpr):
        return _grouping_of_aggregation(node)
    if isinstance(node, promql_parser.Call):
        return _grouping_of_call(node)
    if isinstance(node, promql_parser.BinaryExpr):
        return _grouping_of_operator(node)
    if isinstance(node, promql_parser.ParenExpr | promql_parser.UnaryExpr | promql_parser.SubqueryExpr):
        return _grouping(node.expr)
    return None


def _grouping_of_aggregation(node: promql_parser.AggregateExpr) -> tuple[str, ...] | None:
    name = aggregation_of(node)
    if name in CHOOSING:
        return _grouping(node.expr)
    labels = group_labels(node)
    if name == "count_values" and labels is not None:
        return (
            _union(labels, [node.param.val]) if isinstance(node.param, promql_parser.StringLiteral) else None
        )
    return labels


def _grouping_of_call(node: promql_parser.Call) -> tuple[str, ...] | None:
    if node.func.name in _CHANGES_LABELS or type_of(node) != "vector":
        return None
    series = [argument for argument in node.args if type_of(argument) in {"vector", "matrix"}]
    if not series:
        return ()
    labels = _grouping(series[0])
    if node.func.name == "histogram_quantile" and labels is not None:
        return tuple(label for label in labels if label != "le")
    return labels


def _grouping_of_operator(node: promql_parser.BinaryExpr) -> tuple[str, ...] | None:
    types = (type_of(node.lhs), type_of(node.rhs))
    if "scalar" in types:
        return _grouping(node.rhs if types[0] == "scalar" else node.lhs) if "vector" in types else None
    left = _grouping(node.lhs)
    if operator_of(node) in {"and", "unless"} or left is None:
        return left
    right = _grouping(node.rhs)
    if right is None or set(left) != set(right):
        return None
    return left if operator_of(node) == "or" else _matched(node, left)


def _matched(node: promql_parser.BinaryExpr, labels: tuple[str, ...]) -> tuple[str, ...] | None:
    """The labels left by an operator between two sides that both have these."""
    modifier = node.modifier
    if modifier is None or modifier.matching is None:
        return labels
    if modifier.card != promql_parser.VectorMatchCardinality.OneToOne:
        return labels if set(modifier.group_labels or ()) <= set(labels) else None
    named = set(modifier.matching.labels)
    is_on = modifier.matching.type == promql_parser.LabelModifierType.Include
    return tuple(label for label in labels if (label in named) == is_on)


def _union(labels: Collection[str], more: Collection[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*labels, *more)))
