"""Alerts that do not say what to do."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.diagnostics import Level
from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding

_LINKS = frozenset({"runbook_url", "runbook", "runbookurl", "runbook-url", "playbook", "playbook_url"})

BAD = """\
groups:
  - name: queue
    rules:
      - alert: QueueStuck
        expr: queue_length > 1000
        annotations: {summary: Jobs wait}
"""
GOOD = BAD.replace("wait}", "wait, runbook_url: https://runbooks.example.com/queue}")


def find(context: Context) -> Iterator[Finding]:
    """Alerts without a link to a runbook."""
    for _, _, rule in context.rules():
        if rule.is_alert and not _LINKS & {name.lower() for name in rule.annotations}:
            yield Finding(
                message=f"`{rule.name}` has no runbook",
                span=rule.span("annotations", "name"),
                subject=rule.subject,
                allowed="an annotation `runbook_url`",
            )


CHECK = Check(
    problem=Problem(
        "alerts/missing-runbook", "The person paged at night starts without a first step.", SUPPRESS
    ),
    level=Level.INFO,
    is_default=False,
    bad=BAD,
    good=GOOD,
    find=find,
)
