"""Alerts that the last two samples set off alone."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.diagnostics import Level
from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.recorded import parsed
from promgen.promql import Call, Node, walk

BAD = """\
groups:
  - name: api
    rules:
      - alert: ApiSlow
        expr: sum by (job) (irate(http_errors_total[5m])) > 10
"""
GOOD = BAD + "        for: 5m\n"


def find(context: Context) -> Iterator[Finding]:
    """Each alert once whose condition has an `irate` or `idelta` and no `for`."""
    for rule, root in parsed(context):
        is_immediate = rule.hold is None or rule.hold.ms == 0
        short = next(filter(_is_short, walk(root)), None) if rule.is_alert and is_immediate else None
        if isinstance(short, Call):
            yield Finding(
                message=f"`{short.name}` looks at two samples, and without `for` they decide alone",
                span=rule.span("expr"),
                subject=rule.subject,
                allowed="a `for`, or `rate`",
            )


def _is_short(node: Node) -> bool:
    return isinstance(node, Call) and node.name in {"irate", "idelta"}


CHECK = Check(
    problem=Problem(
        "alerts/for",
        "One odd sample sends an alert that is over before anybody looks.",
        SUPPRESS,
    ),
    level=Level.INFO,
    bad=BAD,
    good=GOOD,
    find=find,
)
