"""Alerts on a single sample of a gauge."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.diagnostics import Level
from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.recorded import parsed, without_numbers
from promgen.promql import Aggregate, Binary, Node, Number, Vector

BAD = """\
groups:
  - name: hosts
    rules:
      - alert: HostBusy
        expr: node_load1 > 16
"""
GOOD = BAD + "        for: 10m\n"

_ORDERED = frozenset({">", ">=", "<", "<="})


def find(context: Context) -> Iterator[Finding]:
    """Alerts without `for` that compare a measured value as it stands with a threshold."""
    for rule, root in parsed(context):
        waits = (rule.hold is not None and rule.hold.ms) or rule.keep_firing_for is not None
        if not rule.is_alert or waits:
            continue
        compared = _compared(root)
        if compared is not None:
            yield Finding(
                message=f"one sample of `{compared.metric}` beyond the threshold is enough, as there is no `for`",
                span=rule.span("expr"),
                subject=rule.subject,
                allowed="a `for`, or an average over time",
            )


def _compared(root: Node) -> Vector | None:
    """The series that is compared with a number other than 0 and 1, which mean no and yes."""
    if not (isinstance(root, Binary) and root.op in _ORDERED and isinstance(root.right, Number)):
        return None
    part = without_numbers(root.left)
    while isinstance(part, Aggregate):
        part = without_numbers(part.expr)
    is_measured = isinstance(part, Vector) and bool(part.metric) and ":" not in str(part.metric)
    return part if isinstance(part, Vector) and is_measured and root.right.value not in {0, 1} else None


CHECK = Check(
    problem=Problem(
        "alerts/spike",
        "A short peak sends an alert that is over before anybody looks.",
        SUPPRESS,
    ),
    level=Level.INFO,
    is_default=False,
    bad=BAD,
    good=GOOD,
    find=find,
)
