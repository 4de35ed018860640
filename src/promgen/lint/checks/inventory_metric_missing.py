"""Metrics that the server does not have."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.series import needed_vectors, recorders
from promgen.lint.stock import alike
from promgen.model.inventory import is_inventoried

BAD = """\
groups:
  - name: traffic
    rules:
      - alert: NoTraffic
        expr: sum by (job) (rate(http_request_total[5m])) == 0
"""
GOOD = BAD.replace("request_total", "requests_total")


def find(context: Context) -> Iterator[Finding]:
    """Each name once per rule; what a rule of the run records is as good as there."""
    if context.inventory is None:
        return
    recorded = recorders(context)
    for _, _, rule in context.rules():
        for name in dict.fromkeys(vector.metric for vector in needed_vectors(rule)):
            if name is None or name in context.inventory.metrics or name in recorded:
                continue
            if is_inventoried(name):
                yield Finding(
                    message=f"the server has no metric `{name}`",
                    span=rule.span("expr"),
                    subject=rule.subject,
                    allowed=alike(name, context.inventory.metrics),
                )


CHECK = Check(
    problem=Problem(
        "inventory/metric-missing",
        "A rule on a metric that is not there never fires, and nobody is told.",
        SUPPRESS,
    ),
    needs="inventory",
    bad=BAD,
    good=GOOD,
    find=find,
)
