"""Rules that read what another group records, at another time."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.diagnostics import Level
from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.series import Place, current_reads, interval_of, places, recorders

BAD = """\
groups:
  - name: traffic
    interval: 5m
    rules:
      - record: job:requests:rate5m
        expr: sum by (job) (rate(http_requests_total[5m]))
  - name: alerts
    interval: 1m
    rules:
      - alert: NoTraffic
        expr: job:requests:rate5m == 0
"""
GOOD = """\
groups:
  - name: traffic
    interval: 1m
    rules:
      - record: job:requests:rate5m
        expr: sum by (job) (rate(http_requests_total[5m]))
      - alert: NoTraffic
        expr: job:requests:rate5m == 0
"""


def find(context: Context) -> Iterator[Finding]:
    """Rules that record from records, and rules that are evaluated more often than what they read."""
    recorded = recorders(context)
    for place in places(context):
        for name in current_reads(place.rule):
            sources = recorded.get(name, ())
            if sources and place.is_written and all(_lags(source, place) for source in sources):
                yield _finding(place, sources[0])


def _lags(source: Place, reader: Place) -> bool:
    is_slower = interval_of(source.group) > interval_of(reader.group)
    return source.group is not reader.group and (is_slower or not reader.rule.is_alert)


def _finding(place: Place, source: Place) -> Finding:
    return Finding(
        message=(
            f"`{place.rule.name}` reads `{source.rule.name}` of group `{source.group.name}`,"
            f" so the value can be {interval_of(source.group)} old"
        ),
        span=place.rule.span("expr"),
        subject=place.rule.subject,
        allowed="one group for both",
    )


CHECK = Check(
    problem=Problem(
        "rule/dependency-lag",
        "Groups run at their own times, so the page comes up to an interval later than the rule says.",
        SUPPRESS,
    ),
    level=Level.INFO,
    is_default=False,
    bad=BAD,
    good=GOOD,
    find=find,
)
