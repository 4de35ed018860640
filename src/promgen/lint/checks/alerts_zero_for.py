"""Times of alerts that say nothing."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.diagnostics import Level
from promgen.base.durations import Duration
from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.rules import Rule

BAD = """\
groups:
  - name: api
    rules:
      - alert: ApiDown
        expr: up{job="api"} == 0
        for: 0s
"""
GOOD = BAD.replace("0s", "5m")


def find(context: Context) -> Iterator[Finding]:
    """`for` and `keep_firing_for` of 0, which is what they are when they are left out."""
    for _, _, rule in context.rules():
        for field, time in _times(rule).items():
            if rule.is_alert and time is not None and time.ms == 0 and field in rule.places:
                yield Finding(
                    message=f"`{field}: {time}` is the same as no `{field}`",
                    span=rule.span(field),
                    subject=rule.subject,
                    allowed="a duration, or nothing",
                )


def _times(rule: Rule) -> dict[str, Duration | None]:
    return {"for": rule.hold, "keep_firing_for": rule.keep_firing_for}


CHECK = Check(
    problem=Problem("alerts/zero-for", "A reader looks for the time that the alert waits.", SUPPRESS),
    level=Level.INFO,
    is_default=False,  # many teams write it so that nobody takes it for forgotten
    bad=BAD,
    good=GOOD,
    find=find,
)
