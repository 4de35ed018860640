"""Labels that no series of a metric has, and that a selector asks for."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.matching import accepts
from promgen.lint.stock import alike, known_matchers

BAD = """\
groups:
  - name: traffic
    rules:
      - alert: Errors
        expr: sum by (job) (rate(http_requests_total{status=~"5.."}[5m])) > 1
"""
GOOD = BAD.replace("status=", "code=")


def find(context: Context) -> Iterator[Finding]:
    """Each label of a metric once per rule; labels of the target are put on by the ruler."""
    if context.inventory is None:
        return
    for _, _, rule in context.rules():
        for metric, matcher in known_matchers(context.inventory, rule):
            is_known = matcher.name in metric.labels or matcher.name in context.target.external_labels
            if not is_known and accepts(matcher, "") is False:
                yield Finding(
                    message=f"no series of `{metric.name}` has the label `{matcher.name}`",
                    span=rule.span("expr"),
                    subject=rule.subject,
                    allowed=alike(matcher.name, metric.labels),
                )


CHECK = Check(
    problem=Problem(
        "inventory/label-missing",
        "The selector selects nothing, so the alert never fires and nobody is told.",
        SUPPRESS,
    ),
    needs="inventory",
    bad=BAD,
    good=GOOD,
    find=find,
)
