"""Sums and averages of divisions by what may be zero."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.recorded import Recordings, brief, parsed
from promgen.promql import Aggregate, walk

_POISONED = frozenset({"sum", "avg", "stddev", "stdvar"})
"""Aggregations that one NaN makes NaN; the others pass over it."""

BAD = """\
groups:
  - name: api
    rules:
      - record: job:http_latency_seconds:sum5m
        expr: sum by (job) (rate(http_latency_seconds_sum[5m]) / rate(http_latency_seconds_count[5m]))
"""
GOOD = BAD.replace("/ rate(http_latency_seconds_count[5m])", "/ (rate(http_latency_seconds_count[5m]) > 0)")


def find(context: Context) -> Iterator[Finding]:
    """Aggregations of a ratio of events, which is NaN for every series on which nothing happens."""
    recordings = Recordings(context)
    for rule, root in parsed(context):
        for node in walk(root):
            if not (isinstance(node, Aggregate) and node.op in _POISONED):
                continue
            ratio = recordings.event_ratio(node.expr)
            if ratio is not None:
                yield Finding(
                    message=f"`{node.op}` is NaN for the whole group while `{brief(ratio.right)}` is 0 for one series",
                    span=rule.span("expr"),
                    subject=rule.subject,
                    allowed=f"`/ ({brief(ratio.right)} > 0)`, or the sums divided",
                )


CHECK = Check(
    problem=Problem(
        "promql/nan",
        "One idle instance makes the result NaN, no comparison with NaN holds, and the alert is silent in an outage.",
        SUPPRESS,
    ),
    bad=BAD,
    good=GOOD,
    find=find,
)
