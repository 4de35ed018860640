"""Alerts that do not say whose they are."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.conventions import OWNER_LABEL
from promgen.base.diagnostics import Level
from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding

_LABELS = frozenset({OWNER_LABEL, "team", "squad"})

BAD = """\
groups:
  - name: queue
    rules:
      - alert: QueueStuck
        expr: queue_length > 1000
        labels: {severity: critical}
"""
GOOD = BAD.replace("critical}", "critical, team: payments}")


def find(context: Context) -> Iterator[Finding]:
    """Alerts whose labels, and those of their group, name no owner."""
    for _, group, rule in context.rules():
        of_group = group.fields.get("labels")
        names = {*rule.labels, *(of_group if isinstance(of_group, dict) else ())}
        if rule.is_alert and not _LABELS & names:
            yield Finding(
                message=f"`{rule.name}` has no owner",
                span=rule.span("labels", "name"),
                subject=rule.subject,
                allowed=f"a label {' or '.join(f'`{label}`' for label in sorted(_LABELS))}",
            )


CHECK = Check(
    problem=Problem(
        "alerts/missing-owner", "The alert reaches whoever is left over, and nobody mends the rule.", SUPPRESS
    ),
    level=Level.INFO,
    is_default=False,
    bad=BAD,
    good=GOOD,
    find=find,
)
