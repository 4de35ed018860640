"""Ranges that begin before anything is kept."""

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
      - record: job:http_requests:increase1y
        expr: sum by (job) (increase(http_requests_total[365d]))
"""
GOOD = BAD.replace("365d", "7d").replace("1y", "7d")


def find(context: Context) -> Iterator[Finding]:
    """Ranges, with the offset before them, that are longer than the retention of the target."""
    retention = context.target.retention
    if retention is None:
        return
    for rule, root in parsed(context):
        for vector, reach in reaches(root):
            if reach.offset < retention < reach.begin:
                yield Finding(
                    message=f"`{brief(vector)}` reads {reach.begin} back, and only {retention} are kept",
                    span=rule.span("expr"),
                    subject=rule.subject,
                    allowed=f"a range that ends within {retention}",
                )


CHECK = Check(
    problem=Problem(
        "promql/range",
        "The result covers less time than it says, and nothing shows that it does.",
        SUPPRESS,
    ),
    configuration="target: {retention: 30d}\n",
    bad=BAD,
    good=GOOD,
    find=find,
)
