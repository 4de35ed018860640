"""Expressions of PromQL: read them, see what they select and cost, restrict them, print them.

The only part of promgen that knows the library behind it. An `Expression` is valid by construction; everything else
asks questions about one or makes another one. Nothing here knows what an SLO is.
"""

from promgen.promql.bounds import Bounds, bounds, never_holds
from promgen.promql.cost import Cost, Evaluation, evaluation, samples
from promgen.promql.errors import ExpressionError
from promgen.promql.examples import example_labels, holds, matches
from promgen.promql.flow import (
    Flow,
    Known,
    Labels,
    flow,
    is_matched,
    is_scalar,
    labelled,
    united_labels,
)
from promgen.promql.labels import (
    LabelMatcher,
    MatchOperator,
    any_of,
    format_labels,
    format_selector,
    is_utf8_name,
)
from promgen.promql.measured import measured_metric
from promgen.promql.metricsql import LACKING_IN_METRICSQL, lacking_in_metricsql
from promgen.promql.parse import Expression, parse
from promgen.promql.population import Population
from promgen.promql.printing import one_line, pretty
from promgen.promql.selectors import Selector, conflicting_matchers, metric_names, selectors, with_matchers
from promgen.promql.shape import CHOOSING, ValueType, grouping, has_filter, is_range, value_type
from promgen.promql.strings import quote
from promgen.promql.tokens import SET_OPERATORS
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
    "CHOOSING",
    "LACKING_IN_METRICSQL",
    "SET_OPERATORS",
    "WINDOW",
    "Aggregate",
    "Binary",
    "Bounds",
    "Call",
    "Cost",
    "Evaluation",
    "Expression",
    "ExpressionError",
    "Flow",
    "Known",
    "LabelMatcher",
    "Labels",
    "MatchOperator",
    "Matching",
    "Negative",
    "Node",
    "Number",
    "Population",
    "Selector",
    "String",
    "Subquery",
    "Times",
    "ValueType",
    "Vector",
    "any_of",
    "bounds",
    "conflicting_matchers",
    "evaluation",
    "example_labels",
    "flow",
    "format_labels",
    "format_selector",
    "grouping",
    "has_filter",
    "holds",
    "is_matched",
    "is_range",
    "is_scalar",
    "is_utf8_name",
    "labelled",
    "lacking_in_metricsql",
    "matches",
    "measured_metric",
    "metric_names",
    "never_holds",
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
    "united_labels",
    "uses_window",
    "value_type",
    "walk",
    "with_matchers",
    "with_operand",
]
