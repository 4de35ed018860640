"""Borders that a histogram does not have."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.series import vectors
from promgen.lint.stock import known_metric, met_values
from promgen.model.inventory import Metric

_LISTED = 12

BAD = """\
groups:
  - name: latency
    rules:
      - record: job:fast_requests:rate5m
        expr: sum by (job) (rate(http_request_duration_seconds_bucket{le="0.3"}[5m]))
"""
GOOD = BAD.replace('"0.3"', '"0.25"')


def find(context: Context) -> Iterator[Finding]:
    """Matchers of `le` that no bucket meets; the text counts, so `1` is not `1.0`."""
    if context.inventory is None:
        return
    for _, _, rule in context.rules():
        for vector in dict.fromkeys(vectors(rule)):
            metric = known_metric(context.inventory, vector)
            for matcher in vector.matchers:
                if matcher.name == "le" and metric is not None and met_values(metric, matcher) == ():
                    yield Finding(
                        message=f"`{metric.name}` has no bucket {matcher}",
                        span=rule.span("expr"),
                        subject=rule.subject,
                        allowed=_borders(metric),
                    )


def _borders(metric: Metric) -> str:
    borders = sorted(metric.labels.get("le") or (), key=_as_number)
    more = f" and {len(borders) - _LISTED} more" if len(borders) > _LISTED else ""
    return "one of " + ", ".join(borders[:_LISTED]) + more if borders else "a histogram"


def _as_number(border: str) -> float:
    try:
        return float(border)
    except ValueError:
        return float("inf")


CHECK = Check(
    problem=Problem(
        "inventory/bucket-missing",
        "Without the bucket the share of fast events is unknown, and the alert on it stays silent or never ends.",
        SUPPRESS,
    ),
    needs="inventory",
    bad=BAD,
    good=GOOD,
    find=find,
)
