"""More rules or groups than the target takes."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.diagnostics import Level
from promgen.base.problems import Problem
from promgen.lint import dialects
from promgen.lint.check import Check, Context, Finding
from promgen.lint.dialects import SPOKEN
from promgen.lint.rules import File, Group
from promgen.model.catalog import Limits

BAD = """\
groups:
  - name: queue
    rules:
      - alert: QueueLong
        expr: queue_length > 1000
      - alert: QueueStuck
        expr: rate(queue_handled_total[5m]) == 0
"""
GOOD = """\
groups:
  - name: queue
    rules:
      - alert: QueueLong
        expr: queue_length > 1000
  - name: queue-progress
    rules:
      - alert: QueueStuck
        expr: rate(queue_handled_total[5m]) == 0
"""


def find(context: Context) -> Iterator[Finding]:
    """Groups over a limit, the first group too many, and objects that the operator refuses."""
    limits = dialects.limits_of(context.target.dialect, context.target.limits)
    for file in context.files:
        if file.kind == "PrometheusRule" and (size := _least_bytes(file)) > dialects.OBJECT_BYTES:
            yield _too_large(file.groups[0], size)
    yield from _over_limits([group for file in context.files for group in file.groups], limits)


def _over_limits(groups: list[Group], limits: Limits) -> Iterator[Finding]:
    for place, group in enumerate(groups):
        if limits.rules_per_group and len(group.rules) > limits.rules_per_group:
            what = f"group `{group.name}` has {len(group.rules)} rules, and the target takes {limits.rules_per_group}"
            yield _over_limit(group, what, "rulesPerGroup")
        if limits.groups and place == limits.groups:
            what = f"there are {len(groups)} groups, and the target takes {limits.groups}"
            yield _over_limit(group, what, "groups")


def _over_limit(group: Group, message: str, limit: str) -> Finding:
    allowed = f"fewer, or `target.limits.{limit}` in promgen.yaml where yours is higher"
    return Finding(message=message, span=group.span("name"), subject=group.name, allowed=allowed)


def _least_bytes(file: File) -> int:
    """How large the object is at least: its texts without the YAML around them."""
    return sum(
        len(text.encode())
        for _, rule in file.rules()
        for text in (rule.name, rule.expr, *rule.labels.values(), *rule.annotations.values())
    )


def _too_large(group: Group, size: int) -> Finding:
    largest = dialects.OBJECT_BYTES // 1024
    return Finding(
        message=f"the object has more than {size // 1024} KiB; {SPOKEN['prometheus-operator']} takes {largest} KiB",
        span=group.span("name"),
        subject=group.name,
        allowed="several objects",
    )


CHECK = Check(
    problem=Problem(
        "group/limit",
        "The ruler refuses what is over its limit, so rules that were reviewed and merged never run.",
        "raise `target.limits` to what the ruler is configured to take",
    ),
    level=Level.ERROR,
    bad=BAD,
    good=GOOD,
    configuration="target: {limits: {rulesPerGroup: 1}}\n",
    find=find,
)
