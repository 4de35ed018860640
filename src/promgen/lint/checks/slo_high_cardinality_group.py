"""SLOs that are divided into very many groups."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.diagnostics import Level
from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.stock import known_metric, met_values, series_count
from promgen.model.inventory import MOST_VALUES, Inventory, Metric
from promgen.model.slo import EventSli, GaugeSli, NativeLatencySli, ProbeSli, RawSli, Sli, Slo, TimeSliceSli
from promgen.promql import Vector, parse, tree, walk

BAD = """\
apiVersion: promgen/v1
kind: Service
metadata: {name: cart}
spec:
  owner: people
  slos:
    - name: availability
      objective: 99.9%
      window: 30d
      groupBy: [pod]
      sli:
        ratio:
          total: {metric: http_requests_total}
          bad: {selector: {code: {matches: "5.."}}}
"""
GOOD = BAD.replace("[pod]", "[job]")


def find(context: Context) -> Iterator[Finding]:
    """SLOs whose measured series have more groups than anybody looks at one by one."""
    if context.resolved is None or context.inventory is None:
        return
    for slo in context.resolved.catalog.slos:
        groups = _groups(slo, context.inventory)
        if groups > MOST_VALUES:
            yield Finding(
                message=f"`{slo.key}` has at least {groups} groups by {', '.join(slo.group_by)}",
                span=context.resolved.span("slo", slo, "groupBy"),
                subject=slo.key,
                allowed=f"labels with at most {MOST_VALUES} combinations",
            )


def _groups(slo: Slo, inventory: Inventory) -> int:
    """At least how many groups the measured series have; 0 where that is not known."""
    root = tree(parse(_measured(slo.sli) or "vector(0)"))
    counts = [
        _groups_of(metric, vector, slo.group_by)
        for vector in walk(root)
        if isinstance(vector, Vector) and (metric := known_metric(inventory, vector)) is not None
    ]
    return max(counts, default=0)


def _groups_of(metric: Metric, vector: Vector, labels: tuple[str, ...]) -> int:
    """The largest number of values of one of the labels: combinations of them need not all exist."""
    counts = [_values(metric, vector, label) for label in labels if label in metric.labels]
    return min(max(counts, default=0), series_count(metric, vector.matchers))


def _values(metric: Metric, vector: Vector, label: str) -> int:
    values = metric.labels[label]
    if values is None:
        return MOST_VALUES + 1
    met = [met_values(metric, matcher) for matcher in vector.matchers if matcher.name == label]
    return len(set(values).intersection(*(found for found in met if found is not None)))


def _measured(sli: Sli) -> str:
    """The expression whose series are grouped; empty for a composite, whose parts have groups of their own."""
    match sli:
        case EventSli(total=expr) | NativeLatencySli(rate=expr):
            return expr
        case GaugeSli(expr=expr) | ProbeSli(expr=expr) | RawSli(expr=expr):
            return expr
        case TimeSliceSli(events=events):
            return _measured(events)
    return ""


CHECK = Check(
    problem=Problem(
        "slo/high-cardinality-group",
        "Every group has rules, a budget and alerts of its own; one outage sends a page for each of them.",
        SUPPRESS,
    ),
    level=Level.INFO,
    needs="inventory",
    bad=BAD,
    good=GOOD,
    find=find,
)
