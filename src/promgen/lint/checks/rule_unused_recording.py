"""Recorded series that no other rule reads."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.diagnostics import Level
from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.matching import accepts
from promgen.lint.series import recorders, vectors
from promgen.promql import Vector

BAD = """\
groups:
  - name: traffic
    rules:
      - record: job:requests:rate5m
        expr: sum by (job) (rate(http_requests_total[5m]))
      - alert: NoTraffic
        expr: sum by (job) (rate(http_requests_total[5m])) == 0
"""
GOOD = """\
groups:
  - name: traffic
    rules:
      - record: job:requests:rate5m
        expr: sum by (job) (rate(http_requests_total[5m]))
      - alert: NoTraffic
        expr: job:requests:rate5m == 0
"""


def find(context: Context) -> Iterator[Finding]:
    """Each name once, where it is first recorded; what promgen compiles is meant for dashboards as well."""
    read = [vector for _, _, rule in context.rules() for vector in vectors(rule)]
    exact = {vector.metric for vector in read}
    nameless = [vector for vector in read if vector.metric is None]
    for name, found in recorders(context).items():
        if found[0].is_written and name not in exact and not any(_may_read(one, name) for one in nameless):
            yield Finding(
                message=f"no rule reads `{name}`",
                span=found[0].rule.span("name"),
                subject=found[0].rule.subject,
            )


def _may_read(vector: Vector, name: str) -> bool:
    return all(accepts(one, name) is not False for one in vector.matchers if one.name == "__name__")


CHECK = Check(
    problem=Problem(
        "rule/unused-recording",
        "It costs at every evaluation, and whoever mends it in an incident mends something that nothing depends on.",
        SUPPRESS,
    ),
    level=Level.INFO,
    is_default=False,  # dashboards may read it
    bad=BAD,
    good=GOOD,
    find=find,
)
