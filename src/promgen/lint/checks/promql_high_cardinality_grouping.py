"""Groupings by labels that have a value of their own for everything that happens."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.diagnostics import Level
from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.recorded import parsed
from promgen.promql import Aggregate, Node, Vector, walk

BAD = """\
groups:
  - name: api
    rules:
      - record: user:http_requests:rate5m
        expr: sum by (job, user_id) (rate(http_requests_total[5m]))
"""
GOOD = BAD.replace("job, user_id", "job, plan").replace("user:", "plan:")

_UNBOUNDED = frozenset(
    ["pod_uid", "uid", "container_id", "request_id", "trace_id", "span_id", "session_id", "user_id"]
)
_UNBOUNDED_ADDRESSES = frozenset(["email", "url", "full_path", "query_string", "client_ip", "remote_addr"])
_FEW = 100


def find(context: Context) -> Iterator[Finding]:
    """`by (…)` with a label of many values: by the inventory where it knows the metric, otherwise by its name."""
    for rule, root in parsed(context):
        for node in walk(root):
            for label in node.labels or () if isinstance(node, Aggregate) and not node.without else ():
                if _is_unbounded(label, node, context):
                    yield Finding(
                        message=f"`by ({label})` makes a series for each of many values",
                        span=rule.span("expr"),
                        subject=rule.subject,
                        allowed="a label with few values",
                    )


def _is_unbounded(label: str, node: Node, context: Context) -> bool:
    known = set(_sizes(label, node, context))
    if known:
        return None in known
    return label in _UNBOUNDED | _UNBOUNDED_ADDRESSES


def _sizes(label: str, node: Node, context: Context) -> Iterator[int | None]:
    """How many values a label has on each metric below that the inventory knows; None for more than can be recorded."""
    for vector in walk(node):
        metric = (
            context.inventory.metrics.get(vector.metric or "")
            if context.inventory and isinstance(vector, Vector)
            else None
        )
        if metric is not None and label in metric.labels:
            values = metric.labels[label]
            yield None if values is None or len(values) > _FEW else len(values)


CHECK = Check(
    problem=Problem(
        "promql/high-cardinality-grouping",
        "The number of series grows with the traffic, until the server runs out of memory.",
        SUPPRESS,
    ),
    level=Level.INFO,
    bad=BAD,
    good=GOOD,
    find=find,
)
