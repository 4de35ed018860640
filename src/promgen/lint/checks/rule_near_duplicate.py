"""Alerts of one name that fire together, because the condition of one includes that of the other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from promgen.base.diagnostics import Level, Related
from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.conditions import Condition, condition_of

BAD = """\
groups:
  - name: disks
    rules:
      - alert: DiskFull
        expr: disk_used_ratio > 0.8
        labels: {severity: warning}
      - alert: DiskFull
        expr: disk_used_ratio > 0.9
        labels: {severity: critical}
"""
GOOD = """\
groups:
  - name: disks
    rules:
      - alert: DiskFull
        expr: disk_used_ratio > 0.8 <= 0.9
        labels: {severity: warning}
      - alert: DiskFull
        expr: disk_used_ratio > 0.9
        labels: {severity: critical}
"""


def find(context: Context) -> Iterator[Finding]:
    """Pairs of alerts of one file; those with equal labels are another check's business."""
    for file in context.files:
        named: dict[tuple[str, str, str], list[Condition]] = {}
        for _, rule in file.rules() if file.kind != "specification" else ():
            if (found := condition_of(rule)) is not None:
                named.setdefault((rule.name, found.value, found.operator), []).append(found)
        for conditions in named.values():
            for first, second in combinations(conditions, 2):
                if first.rule.labels != second.rule.labels:
                    yield _finding(first, second)


def _finding(first: Condition, second: Condition) -> Finding:
    wide, narrow = (first, second) if first.includes(second) else (second, first)
    return Finding(
        message=(
            f"whenever `{narrow.rule.name}` {narrow.operator} {narrow.threshold:g} fires, the alert of the same name"
            f" with {wide.operator} {wide.threshold:g} fires as well"
        ),
        span=narrow.rule.span("expr"),
        subject=narrow.rule.subject,
        allowed="a condition that ends where the other begins, or an inhibition in Alertmanager",
        related=(Related(span=wide.rule.span("expr"), text="the wider one"),),
    )


CHECK = Check(
    problem=Problem(
        "rule/near-duplicate",
        "Two alerts arrive for one thing unless Alertmanager holds one of them back.",
        SUPPRESS,
    ),
    level=Level.INFO,
    is_default=False,
    bad=BAD,
    good=GOOD,
    find=find,
)
