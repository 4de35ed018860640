"""Offsets to a time of which nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.reach import reaches
from promgen.lint.recorded import brief, parsed

BAD = """\
groups:
  - name: api
    rules:
      - record: job:http_requests:rate5m_year_ago
        expr: sum by (job) (rate(http_requests_total[5m] offset 365d))
"""
GOOD = BAD.replace("365d", "7d").replace("year", "week")


def find(context: Context) -> Iterator[Finding]:
    """Selectors that begin to read beyond the retention of the target."""
    retention = context.target.retention
    if retention is None:
        return
    for rule, root in parsed(context):
        for vector, reach in reaches(root):
            if reach.offset >= retention:
                yield Finding(
                    message=f"`{brief(vector)}` reads what is {reach.offset} old, and only {retention} are kept",
                    span=rule.span("expr"),
                    subject=rule.subject,
                    allowed=f"an offset below {retention}",
                )


CHECK = Check(
    problem=Problem(
        "promql/offset",
        "There are no samples that old, so the expression gives nothing and an alert on it is silent.",
        SUPPRESS,
    ),
    configuration="target: {retention: 30d}\n",
    bad=BAD,
    good=GOOD,
    find=find,
)
