"""Alerts that fire whenever their series exist."""

from __future__ import annotations

import re
from collections.abc import Iterator

from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.recorded import Recordings, brief
from promgen.promql import Call, Expression, Node, Number, Vector, has_filter, parse, print_tree, tree, walk

BAD = """\
groups:
  - name: disks
    rules:
      - alert: DiskFull
        expr: disk_used_bytes / disk_size_bytes
        for: 5m
"""
GOOD = BAD.replace("disk_size_bytes", "disk_size_bytes > 0.9")

_FACT = re.compile(r"_(?:info|metadata|labels)(?:_|$)")
"""Names of series that are always 1 and tell in their labels what is so."""


def find(context: Context) -> Iterator[Finding]:
    """Alerts without a condition, apart from those that always fire on purpose."""
    recordings = Recordings(context)
    for _, _, rule in context.rules():
        if rule.is_alert and rule.expression is not None and not _has_condition(rule.expression, recordings):
            yield Finding(
                message=f"`{rule.name}` fires whenever `{brief(tree(rule.expression))}` has a value, even 0",
                span=rule.span("expr"),
                subject=rule.subject,
                allowed="a comparison",
            )


def _has_condition(expression: Expression, recordings: Recordings) -> bool:
    root = tree(expression)
    if has_filter(expression) or _is_constant(root):
        return True
    vectors = [node for node in walk(root) if isinstance(node, Vector)]
    return any(_exists_for_a_reason(vector, recordings) for vector in vectors)


def _is_constant(root: Node) -> bool:
    """Whether it is an alert that always fires so that its absence is noticed, such as `vector(1)`."""
    return all(isinstance(node, Call | Number) for node in walk(root))


def _exists_for_a_reason(vector: Vector, recordings: Recordings) -> bool:
    """Whether that there is a series is a condition in itself: an alert, a fact that was selected, a filtered recording."""
    name = vector.metric or ""
    if name.startswith("ALERTS") or (_FACT.search(name) and vector.matchers):
        return True
    recorded = recordings.expressions(vector)
    return any(has_filter(parse(print_tree(one))) for one in recorded)


CHECK = Check(
    problem=Problem(
        "alerts/comparison",
        "It fires when all is well, and goes silent only when the metric is lost.",
        SUPPRESS,
    ),
    bad=BAD,
    good=GOOD,
    find=find,
)
