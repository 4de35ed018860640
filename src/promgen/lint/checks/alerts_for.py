"""Durations of alerts that say nothing, and alerts that a single sample sets off."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.diagnostics import Level
from promgen.base.durations import Duration
from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.rules import Rule
from promgen.promql import Call, Node, tree, walk

BAD = """\
groups:
  - name: api
    rules:
      - alert: ApiSlow
        expr: sum by (job) (irate(http_errors_total[5m])) > 10
"""
GOOD = BAD + "        for: 5m\n"


def find(context: Context) -> Iterator[Finding]:
    """`for: 0s`, which is the default, and an `irate` whose last two samples decide alone."""
    for _, _, rule in context.rules():
        if rule.is_alert:
            yield from _redundant(rule)
            if (rule.hold is None or rule.hold.ms == 0) and rule.expression is not None:
                yield from _spiky(rule, tree(rule.expression))


def _redundant(rule: Rule) -> Iterator[Finding]:
    times: dict[str, Duration | None] = {"for": rule.hold, "keep_firing_for": rule.keep_firing_for}
    for field, duration in times.items():
        if duration is not None and duration.ms == 0 and field in rule.places:
            yield Finding(
                message=f"`{field}: {duration}` is the same as no `{field}`",
                span=rule.span(field),
                subject=rule.subject,
                allowed="a duration, or nothing",
            )


def _spiky(rule: Rule, root: Node) -> Iterator[Finding]:
    for node in walk(root):
        if isinstance(node, Call) and node.name in {"irate", "idelta"}:
            yield Finding(
                message=f"`{node.name}` looks at two samples, and without `for` they decide alone",
                span=rule.span("expr"),
                subject=rule.subject,
                allowed="a `for`, or `rate`",
            )
            return


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
