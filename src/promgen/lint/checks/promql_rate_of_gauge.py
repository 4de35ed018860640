"""Rates of what goes up and down."""

from __future__ import annotations

import re
from collections.abc import Iterator

from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.recorded import RATES, Recordings, parsed
from promgen.promql import Call, Vector, walk

BAD = """\
groups:
  - name: cache
    rules:
      - alert: CacheHitsChange
        expr: rate(cache_hit_ratio[10m]) > 0.01
        for: 5m
"""
GOOD = BAD.replace("rate(", "deriv(")

_GAUGES = re.compile(
    r"up|.*_(?:ratio|timestamp|timestamp_seconds|start_time_seconds|info|celsius)|.*:rate\d+[smhd]|ALERTS.*"
)
"""Names that are gauges wherever they follow the conventions of exporters and of recording rules."""


def find(context: Context) -> Iterator[Finding]:
    """Rates of gauges, by the inventory where it knows the metric, otherwise by name or recording."""
    recordings = Recordings(context)
    for rule, root in parsed(context):
        rated = (node for node in walk(root) if isinstance(node, Call) and node.name in RATES)
        for call in rated:
            vector = call.args[0]
            if isinstance(vector, Vector) and vector.metric and _is_gauge(vector, recordings, context):
                yield Finding(
                    message=f"`{call.name}` of `{vector.metric}`, which is a gauge, takes every decrease for a restart",
                    span=rule.span("expr"),
                    subject=rule.subject,
                    allowed="`delta` or `deriv`, or a counter",
                )


def _is_gauge(vector: Vector, recordings: Recordings, context: Context) -> bool:
    known = context.inventory.metrics.get(vector.metric or "") if context.inventory else None
    if known is not None and known.type != "unknown":
        return known.type in {"gauge", "info", "stateset"}
    is_rate = (
        recordings.is_rate(vector) or recordings.is_event_ratio(vector) or recordings.is_quantile(vector)
    )
    return is_rate or _GAUGES.fullmatch(vector.metric or "") is not None


CHECK = Check(
    problem=Problem(
        "promql/rate-of-gauge",
        "The result is a number without a meaning that grows with every small change of the gauge.",
        SUPPRESS,
    ),
    bad=BAD,
    good=GOOD,
    find=find,
)
