"""Expressions of PromQL: read them, see what they select and cost, restrict them, print them.

The only part of promgen that knows the library behind it. An `Expression` is valid by construction; everything else
asks questions about one or makes another one. Nothing here knows what an SLO is.
"""

from promgen.promql.cost import Cost, samples
from promgen.promql.errors import ExpressionError
from promgen.promql.labels import LabelMatcher, MatchOperator, format_labels, format_selector, is_utf8_name
from promgen.promql.measured import measured_metric
from promgen.promql.parse import Expression, parse
from promgen.promql.printing import one_line, pretty
from promgen.promql.selectors import Selector, conflicting_matchers, metric_names, selectors, with_matchers
from promgen.promql.shape import ValueType, grouping, has_filter, is_range, value_type
from promgen.promql.strings import quote
from promgen.promql.tree import (
    Aggregate,
    Binary,
    Call,
    Matching,
    Negative,
    Node,
    Number,
    String,
    Subquery,
    Times,
    Vector,
    operands,
    print_tree,
    replacements,
    tree,
    walk,
    with_operand,
)
from promgen.promql.window import WINDOW, substitute_window, uses_window

__all__ = [
    "WINDOW",
    "Aggregate",
    "Binary",
    "Call",
    "Cost",
    "Expression",
    "ExpressionError",
    "LabelMatcher",
    "MatchOperator",
    "Matching",
    "Negative",
    "Node",
    "Number",
    "Selector",
    "String",
    "Subquery",
    "Times",
    "ValueType",
    "Vector",
    "conflicting_matchers",
    "format_labels",
    "format_selector",
    "grouping",
    "has_filter",
    "is_range",
    "is_utf8_name",
    "measured_metric",
    "metric_names",
    "one_line",
    "operands",
    "parse",
    "pretty",
    "print_tree",
    "quote",
    "replacements",
    "samples",
    "selectors",
    "substitute_window",
    "tree",
    "uses_window",
    "value_type",
    "walk",
    "with_matchers",
    "with_operand",
]
