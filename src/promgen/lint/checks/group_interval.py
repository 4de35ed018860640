"""Groups that record more rarely than a sample is looked back for."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.durations import MINUTE
from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding

_LOOKBACK = MINUTE * 5

BAD = """\
groups:
  - name: capacity
    interval: 10m
    rules:
      - record: job:requests:rate1h
        expr: sum by (job) (rate(http_requests_total[1h]))
"""
GOOD = BAD.replace("10m", "5m")


def find(context: Context) -> Iterator[Finding]:
    """Groups whose recorded series have gaps; vmalert's database looks back as far as it takes."""
    if context.target.dialect == "victoriametrics":
        return
    for file in context.files:
        for group in file.groups:
            records = any(not rule.is_alert for rule in group.rules)
            if records and group.interval is not None and group.interval > _LOOKBACK:
                yield Finding(
                    message=f"group `{group.name}` records every {group.interval}, and a sample is gone after {_LOOKBACK}",
                    span=group.span("interval"),
                    subject=group.name,
                    allowed=f"at most {_LOOKBACK}",
                )


CHECK = Check(
    problem=Problem(
        "group/interval",
        "Between two evaluations the recorded series vanish, and alerts on them resolve and fire again.",
        SUPPRESS,
    ),
    bad=BAD,
    good=GOOD,
    find=find,
)
