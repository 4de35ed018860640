"""What pages somebody by specification and does not say what to do."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.conventions import Severity
from promgen.base.diagnostics import Level
from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.model.alert import Alert
from promgen.model.slo import Slo

_PAGING = frozenset({Severity.CRITICAL, Severity.HIGH})

BAD = """\
apiVersion: promgen/v1
kind: Service
metadata: {name: cart}
spec:
  owner: people
  alerts:
    - name: QueueStuck
      expr: queue_length > 1000
      severity: critical
"""
GOOD = BAD + "      runbook: https://runbooks.example.com/queue\n"


def find(context: Context) -> Iterator[Finding]:
    """SLOs and alerts of the two highest severities without a runbook."""
    if context.resolved is None:
        return
    owners: list[tuple[str, Slo | Alert]] = [("slo", slo) for slo in context.resolved.catalog.slos]
    owners += [("alert", alert) for alert in context.resolved.catalog.alerts]
    for kind, owner in owners:
        if _pages(owner) and not owner.help.runbook:
            yield Finding(
                message=f"`{owner.key}` pages and has no runbook",
                span=context.resolved.span(kind, owner, "name"),
                subject=owner.key,
                allowed="`runbook`: a file in runbooks/ without .md, or a URL",
            )


def _pages(owner: Slo | Alert) -> bool:
    levels = owner.tiers if isinstance(owner, Slo) else owner.levels
    return any(level.severity in _PAGING for level in levels)


CHECK = Check(
    problem=Problem(
        "slo/missing-runbook", "The person paged at night starts without a first step.", SUPPRESS
    ),
    level=Level.INFO,
    needs="specifications",
    bad=BAD,
    good=GOOD,
    find=find,
)
