"""Values of labels that no series of a metric has."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.diagnostics import Level
from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.matching import literals
from promgen.lint.stock import alike, known_matchers, met_values
from promgen.model.inventory import Metric
from promgen.promql import LabelMatcher

BAD = """\
groups:
  - name: traffic
    rules:
      - alert: NoTraffic
        expr: sum(rate(http_requests_total{job="apis"}[5m])) == 0
"""
GOOD = BAD.replace('"apis"', '"api"')


def find(context: Context) -> Iterator[Finding]:
    """Matchers that none of the recorded values meets; borders of buckets are another check's business."""
    if context.inventory is None:
        return
    for _, _, rule in context.rules():
        for metric, matcher in known_matchers(context.inventory, rule):
            if _is_missing(metric, matcher):
                yield Finding(
                    message=f"no series of `{metric.name}` has {matcher}",
                    span=rule.span("expr"),
                    subject=rule.subject,
                    allowed=_alike(metric, matcher),
                )


def _is_missing(metric: Metric, matcher: LabelMatcher) -> bool:
    is_positive = matcher.op in {"=", "=~"} and matcher.value not in {"", ".*"}
    return is_positive and matcher.name in metric.labels.keys() - {"le"} and met_values(metric, matcher) == ()


def _alike(metric: Metric, matcher: LabelMatcher) -> str:
    wanted = literals(matcher)
    return alike(wanted[0], metric.labels[matcher.name] or ()) if wanted else ""


CHECK = Check(
    problem=Problem(
        "inventory/label-value-missing",
        "Either the value is misspelled and the alert can never fire, or what it means has not happened yet.",
        SUPPRESS,
    ),
    level=Level.INFO,
    needs="inventory",
    bad=BAD,
    good=GOOD,
    find=find,
)
