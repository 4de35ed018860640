"""Alerts with one name and the same labels that mean different things."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.diagnostics import Level, Related
from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.conditions import condition_of
from promgen.lint.matching import are_disjoint
from promgen.lint.rules import Rule
from promgen.lint.series import same_labels, vectors
from promgen.promql import metric_names

BAD = """\
groups:
  - name: queue
    rules:
      - alert: QueueStuck
        expr: max by (queue) (queue_length) > 1000
      - alert: QueueStuck
        expr: sum by (queue) (rate(queue_handled_total[5m])) == 0
"""
GOOD = """\
groups:
  - name: queue
    rules:
      - alert: QueueLong
        expr: max by (queue) (queue_length) > 1000
      - alert: QueueStuck
        expr: sum by (queue) (rate(queue_handled_total[5m])) == 0
"""


def find(context: Context) -> Iterator[Finding]:
    """The later ones of each name in a file; the same expression twice is another check's business."""
    for file in context.files:
        seen: dict[tuple[str, tuple[tuple[str, str], ...]], list[Rule]] = {}
        for _, rule in file.rules() if file.kind != "specification" else ():
            if not rule.is_alert:
                continue
            before = seen.setdefault((rule.name, tuple(sorted(rule.labels.items()))), [])
            if (other := next((one for one in before if _collide(one, rule)), None)) is not None:
                yield _finding(rule, other)
            before.append(rule)


def _finding(rule: Rule, other: Rule) -> Finding:
    return Finding(
        message=f"`{rule.name}` has the name and labels of another alert",
        span=rule.span("expr"),
        subject=rule.subject,
        allowed="a name or a label of its own",
        related=(Related(span=other.span("expr"), text="the other one"),),
    )


def _collide(first: Rule, second: Rule) -> bool:
    """Whether what fires for both can have the same labels: one value with two thresholds, or two metrics grouped alike.

    Two conditions on one metric are left alone, as one is often written to begin where the other ends.
    """
    one, other = condition_of(first), condition_of(second)
    if one is not None and other is not None and one[1:3] == other[1:3]:
        return one.threshold != other.threshold
    if first.expression is None or second.expression is None:
        return False
    left, right = metric_names(first.expression), metric_names(second.expression)
    if {*left} & {*right} or not same_labels(first.expression, second.expression):
        return False
    return not any(are_disjoint(a.matchers, b.matchers) for a in vectors(first) for b in vectors(second))


CHECK = Check(
    problem=Problem(
        "alerts/ambiguous",
        "The person paged cannot tell which of them fires, and where their labels are equal one resolves the other.",
        SUPPRESS,
    ),
    level=Level.INFO,
    bad=BAD,
    good=GOOD,
    find=find,
)
