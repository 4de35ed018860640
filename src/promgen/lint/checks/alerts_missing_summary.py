"""Alerts that do not say what is wrong."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding

_TEXTS = frozenset({"summary", "description", "message", "title", "text"})

BAD = """\
groups:
  - name: queue
    rules:
      - alert: QueueStuck
        expr: queue_length > 1000
        annotations: {runbook_url: https://runbooks.example.com/queue}
"""
GOOD = """\
groups:
  - name: queue
    rules:
      - alert: QueueStuck
        expr: queue_length > 1000
        annotations: {summary: "{{ $value }} jobs wait in {{ $labels.queue }}"}
"""


def find(context: Context) -> Iterator[Finding]:
    """Alerts without an annotation that tells it."""
    for _, _, rule in context.rules():
        if rule.is_alert and not _TEXTS & {name.lower() for name in rule.annotations}:
            yield Finding(
                message=f"`{rule.name}` has no summary",
                span=rule.span("annotations", "name"),
                subject=rule.subject,
                allowed="an annotation `summary` or `description`",
            )


CHECK = Check(
    problem=Problem(
        "alerts/missing-summary",
        "The person paged reads a name and has to find out what it means before doing anything.",
        SUPPRESS,
    ),
    bad=BAD,
    good=GOOD,
    find=find,
)
