"""Labels of a rule that stand in for others."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.recorded import Recordings
from promgen.lint.rules import Rule
from promgen.promql import Labels, tree

BAD = """\
groups:
  - name: api
    rules:
      - alert: ApiErrors
        expr: sum by (job, instance) (rate(http_errors_total[5m])) > 1
        for: 5m
        labels: {instance: api}
"""
GOOD = BAD.replace("{instance: api}", "{component: api}")


def find(context: Context) -> Iterator[Finding]:
    """Labels that are external labels of the target as well, and labels that the series were grouped by."""
    recordings = Recordings(context)
    for _, _, rule in context.rules():
        labels = recordings.flow(tree(rule.expression)) if rule.expression is not None else Labels()
        for name, value in rule.labels.items():
            if name in context.target.external_labels:
                message = f"`{name}` is an external label of the target; the rule's `{value}` takes its place"
                yield _finding(rule, name, message)
            elif value and "{{" not in value and _differs(labels, name):
                message = (
                    f"`{name}: {value}` replaces the label that the series differ in, so that they collide"
                )
                yield _finding(rule, name, message)


def _differs(labels: Labels, name: str) -> bool:
    """Whether somebody grouped by a label, so that there are series that differ in it alone."""
    return labels.possible is not None and name in labels.possible and name not in labels.fixed


def _finding(rule: Rule, name: str, message: str) -> Finding:
    return Finding(
        message=message,
        span=rule.span(f"labels/{name}", "labels"),
        subject=rule.subject,
        allowed=f"another name than `{name}`",
    )


CHECK = Check(
    problem=Problem(
        "labels/conflict",
        "Series that become equal make the evaluation fail; an external label that is replaced misleads routes.",
        SUPPRESS,
    ),
    bad=BAD,
    good=GOOD,
    find=find,
)
