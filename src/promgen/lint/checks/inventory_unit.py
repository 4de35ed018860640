"""Units that a specification declares and the metric contradicts."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from promgen.base.problems import SUPPRESS, Problem
from promgen.base.quantities import Quantity, convert
from promgen.base.spans import Span
from promgen.compiler.resolve.catalog import Resolved
from promgen.compiler.source.nodes import Path, Scalar
from promgen.compiler.source.nodes import find as find_node
from promgen.lint.check import Check, Context, Finding
from promgen.model.slo import EventSli, GaugeSli, NativeLatencySli, Slo, TimeSliceSli
from promgen.promql import measured_metric, metric_names, parse

BAD = """\
apiVersion: promgen/v1
kind: Service
metadata: {name: cart}
spec:
  owner: people
  alerts:
    - name: SlowQueue
      expr: max(queue_wait)
      unit: seconds
      above: {high: 2 s}
"""
GOOD = BAD.replace("unit: seconds", "unit: ms")


class Declared(NamedTuple):
    """A unit and the metric that it is declared for."""

    unit: str
    metric: str
    span: Span
    subject: str


def find(context: Context) -> Iterator[Finding]:
    """Declared units that are not the metric's own, as its exporter says it."""
    if context.inventory is None or context.resolved is None:
        return
    for declared in (*_of_alerts(context.resolved), *_of_slos(context.resolved)):
        metric = context.inventory.metrics.get(declared.metric)
        if metric is not None and metric.unit and not _is_same(declared.unit, metric.unit):
            yield Finding(
                message=f"`{declared.metric}` is measured in {metric.unit}, and declared in {declared.unit}",
                span=declared.span,
                subject=declared.subject,
                allowed=f"`unit: {metric.unit}`",
            )


def _of_alerts(resolved: Resolved) -> Iterator[Declared]:
    for alert in resolved.catalog.alerts:
        node = resolved.nodes["alert", alert.environment, alert.service, alert.name]
        metric = measured_metric(parse(alert.expr))
        found, _ = find_node(node, ("unit",))
        if metric is not None and isinstance(found, Scalar) and isinstance(found.value, str):
            yield Declared(found.value, metric, found.span, alert.key)


def _of_slos(resolved: Resolved) -> Iterator[Declared]:
    for slo in resolved.catalog.slos:
        node = resolved.nodes["slo", slo.environment, slo.service, slo.name]
        found, _ = find_node(node, (*_path(slo), "unit"))
        if isinstance(found, Scalar) and isinstance(found.value, str) and (metric := _metric(slo)):
            yield Declared(found.value, metric, found.span, slo.key)


def _path(slo: Slo) -> Path:
    match slo.sli:
        case GaugeSli():
            return ("sli", "gauge")
        case TimeSliceSli():
            return ("sli", "timeSlice", "of", "latency")
    return ("sli", "latency")


def _metric(slo: Slo) -> str:
    """The metric whose unit a threshold has; of a classic histogram, its buckets."""
    sli = slo.sli.events if isinstance(slo.sli, TimeSliceSli) else slo.sli
    match sli:
        case GaugeSli(expr=expr):
            return measured_metric(parse(expr)) or ""
        case NativeLatencySli(rate=rate) | EventSli(good=str(rate)):
            return metric_names(parse(rate))[0]
    return ""


def _is_same(declared: str, measured: str) -> bool:
    try:
        return convert(Quantity(Decimal(1), declared), measured) == 1
    except ValueError:
        return False


CHECK = Check(
    problem=Problem(
        "inventory/unit",
        "The threshold is off by a factor, so the alert fires always or never.",
        SUPPRESS,
    ),
    needs="inventory",
    bad=BAD,
    good=GOOD,
    find=find,
)
