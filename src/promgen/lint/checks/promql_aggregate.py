"""Aggregations that drop a label which a policy wants to keep, or leave one that it wants to drop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from promgen.base.problems import SUPPRESS, Problem
from promgen.compiler.spec import v1
from promgen.lint.check import Check, Finding
from promgen.lint.demands import Covered, each
from promgen.promql import CHOOSING, Aggregate, Node, Vector, format_labels, tree, walk


def _judge(one: Covered) -> Iterator[Finding]:
    for demand in one.demands.aggregations if one.rule.expression is not None else ():
        assert one.rule.expression is not None
        found = dict.fromkeys(_aggregations(tree(one.rule.expression), demand))
        for label in demand.keep:
            for node in _dropping(found, label):
                yield _objection(one, node, f"drops `{label}`", label)
        for label in demand.strip:
            for node in _keeping(found, label):
                yield _objection(one, node, f"keeps `{label}`", label)


def _dropping(found: Iterable[Aggregate], label: str) -> Iterator[Aggregate]:
    """The innermost that drop the label; those around them have it no more."""
    dropping = [node for node in found if _drops(node, label)]
    return (node for node in dropping if not any(inner in dropping for inner in _inner(node)))


def _keeping(found: Iterable[Aggregate], label: str) -> Iterator[Aggregate]:
    """The outermost that have the label in their result: dropped neither by themselves nor by those inside."""
    nested = {inner for node in found for inner in _inner(node)}
    for node in found:
        if node not in nested and not any(_drops(part, label) for part in (node, *_inner(node))):
            yield node


def _inner(node: Aggregate) -> list[Aggregate]:
    return [part for part in walk(node.expr) if isinstance(part, Aggregate)]


def _aggregations(root: Node, demand: v1.AggregationDemand) -> Iterator[Aggregate]:
    """Those that read a metric of the demand."""
    for node in walk(root):
        if isinstance(node, Aggregate) and node.op not in CHOOSING:
            metrics = (part.metric or "" for part in walk(node) if isinstance(part, Vector))
            if any(demand.metric is None or demand.metric.matches(metric) for metric in metrics):
                yield node


def _drops(node: Aggregate, label: str) -> bool:
    return node.labels is None or (label in node.labels) == node.without


def _toggled(node: Aggregate, label: str) -> Aggregate:
    """The same that keeps the label instead of dropping it, or drops it instead of keeping it."""
    labels = node.labels or ()
    others = tuple(other for other in labels if other != label)
    return replace(node, labels=others if label in labels else (*labels, label))


def _objection(one: Covered, node: Aggregate, what: str, label: str) -> Finding:
    return one.object_to(f"`{_head(node)}` {what}", "expr", allowed=f"`{_head(_toggled(node, label))}`")


def _head(node: Aggregate) -> str:
    if not node.labels:
        return f"{node.op} without ()" if node.without else node.op
    return f"{node.op} {'without' if node.without else 'by'} ({format_labels(node.labels)})"


CHECK = Check(
    problem=Problem(
        "promql/aggregate",
        "A label that an aggregation drops cannot be routed by any more; one that it keeps multiplies the series.",
        SUPPRESS,
    ),
    is_default=False,
    needs="policies",
    configuration="""\
lint:
  policies:
    - rules: record
      reason: Recorded series are per cluster and never per instance.
      aggregations:
        - {metric: ".+_total", keep: [cluster], strip: [instance]}
""",
    bad="""\
groups:
  - name: shop
    rules:
      - record: job:checkout_requests:rate5m
        expr: sum by (job) (rate(checkout_requests_total[5m]))
""",
    good="""\
groups:
  - name: shop
    rules:
      - record: job:checkout_requests:rate5m
        expr: sum by (cluster, job) (rate(checkout_requests_total[5m]))
""",
    find=each(_judge),
)
