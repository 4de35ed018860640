"""Alerts on `absent()` that do not wait."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.promql import Aggregate, Binary, Call, Node, tree

BAD = """\
groups:
  - name: targets
    rules:
      - alert: ApiGone
        expr: absent(up{job="api"})
"""
GOOD = BAD + "        for: 5m\n"


def find(context: Context) -> Iterator[Finding]:
    """Alerts whose condition is an `absent()` without `for`."""
    for _, _, rule in context.rules():
        is_immediate = rule.hold is None or rule.hold.ms == 0
        if (
            rule.is_alert
            and is_immediate
            and rule.expression is not None
            and _fires_by(tree(rule.expression))
        ):
            yield Finding(
                message=f"`{rule.name}` fires at the first evaluation that finds no series",
                span=rule.span("for", "expr"),
                subject=rule.subject,
                allowed="a `for` of a few minutes",
            )


def _fires_by(node: Node) -> bool:
    """Whether an absence alone makes the condition hold; `absent_over_time` waits by itself."""
    match node:
        case Call(name="absent"):
            return True
        case Aggregate(expr=expr):
            return _fires_by(expr)
        case Binary(op="or", left=left, right=right):
            return _fires_by(left) or _fires_by(right)
        case Binary(op="unless", left=left):
            return _fires_by(left)
        case Binary(is_comparison=True, left=left, returns_bool=False):
            return _fires_by(left)
    return False


CHECK = Check(
    problem=Problem(
        "alerts/absent-for",
        "A restart or a late scrape is enough to page somebody who finds that all is well.",
        SUPPRESS,
    ),
    bad=BAD,
    good=GOOD,
    find=find,
)
