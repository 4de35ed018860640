"""SLOs that tell nobody when their budget burns, and do not say why."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.model.slo import CompositeSli, Slo

BAD = """\
apiVersion: promgen/v1
kind: Service
metadata: {name: cart}
spec:
  owner: people
  slos:
    - name: availability
      objective: 99.9%
      window: 30d
      alerting: {policy: none}
      sli:
        ratio:
          total: {metric: http_requests_total}
          bad: {selector: {code: {matches: "5.."}}}
"""
GOOD = BAD.replace("alerting:", "description: Reported to the customer once a month.\n      alerting:")


def find(context: Context) -> Iterator[Finding]:
    """SLOs without burn-rate alerts; a part of a composite that has some is told about there."""
    if context.resolved is None:
        return
    covered = {
        (slo.environment, part.service, part.slo)
        for slo in context.resolved.catalog.slos
        if slo.tiers and isinstance(slo.sli, CompositeSli)
        for part in slo.sli.parts
    }
    for slo in context.resolved.catalog.slos:
        is_told = slo.tiers or (slo.environment, slo.service, slo.name) in covered
        if not is_told and not slo.help.description and not _drops_tiers(slo, context):
            yield Finding(
                message=f"`{slo.key}` has no burn-rate alerts, and no `description` that says why",
                span=context.resolved.span("slo", slo, "alerting", "policy", "disabled"),
                subject=slo.key,
                allowed="a policy, or a description",
            )


def _drops_tiers(slo: Slo, context: Context) -> bool:
    """Whether tiers that cannot fire were left out, which needs a reason of its own."""
    assert context.resolved is not None
    node = context.resolved.nodes["slo", slo.environment, slo.service, slo.name].get("alerting")
    return node is not None and "unreachable" in getattr(node, "entries", {})


CHECK = Check(
    problem=Problem(
        "slo/no-alerts",
        "Nobody is paged for it, and nobody can tell whether that is meant.",
        SUPPRESS,
    ),
    needs="specifications",
    bad=BAD,
    good=GOOD,
    find=find,
)
