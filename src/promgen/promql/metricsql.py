"""What MetricsQL, the language of VictoriaMetrics, lacks of PromQL; vmalert refuses a whole file for one of these."""

from __future__ import annotations

from promgen.promql.parse import Expression
from promgen.promql.tree import Aggregate, Call, tree, walk

LACKING_IN_METRICSQL = frozenset(
    {
        "double_exponential_smoothing",
        "histogram_count",
        "histogram_sum",
        "info",
        "limit_ratio",
        "ts_of_first_over_time",
        "ts_of_last_over_time",
        "ts_of_max_over_time",
        "ts_of_min_over_time",
    }
)
"""Functions and aggregations."""


def lacking_in_metricsql(expression: Expression) -> tuple[str, ...]:
    """The functions and aggregations of an expression that are none of MetricsQL, each once."""
    called = (
        node.name if isinstance(node, Call) else node.op
        for node in walk(tree(expression))
        if isinstance(node, Call | Aggregate)
    )
    return tuple(dict.fromkeys(name for name in called if name in LACKING_IN_METRICSQL))
