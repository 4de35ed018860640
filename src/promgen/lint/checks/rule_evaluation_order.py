"""Rules that read a series which their own group records only after them."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.series import Place, current_reads, interval_of, places, recorders

BAD = """\
groups:
  - name: traffic
    rules:
      - alert: NoTraffic
        expr: job:requests:rate5m == 0
      - record: job:requests:rate5m
        expr: sum by (job) (rate(http_requests_total[5m]))
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
    """Each name once per rule; vmalert stores what a group records only after the group has run."""
    recorded = recorders(context)
    is_late = context.target.dialect == "victoriametrics"
    for place in places(context):
        for name in current_reads(place.rule):
            sources = recorded.get(name, ())
            if (
                sources
                and place.is_written
                and all(_comes_late(one, place, always=is_late) for one in sources)
            ):
                yield _finding(place, name, in_group=is_late)


def _comes_late(source: Place, reader: Place, *, always: bool) -> bool:
    is_same = source.group is reader.group and source.rule is not reader.rule
    return is_same and (always or source.position > reader.position)


def _finding(place: Place, name: str, *, in_group: bool) -> Finding:
    when = (
        "in its own group, whose results vmalert stores afterwards"
        if in_group
        else "further down in its group"
    )
    return Finding(
        message=f"`{place.rule.name}` reads `{name}`, which is recorded {when}: the value is {interval_of(place.group)} old",
        span=place.rule.span("expr"),
        subject=place.rule.subject,
        allowed="a group before this one" if in_group else "the recording rule above the rules that read it",
    )


CHECK = Check(
    problem=Problem(
        "rule/evaluation-order",
        "The rule works with the value of the evaluation before, so the page comes later than it says.",
        SUPPRESS,
    ),
    bad=BAD,
    good=GOOD,
    find=find,
)
