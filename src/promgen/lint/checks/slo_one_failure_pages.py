"""SLOs of a probe where a single failed scrape burns fast enough to page."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.conventions import Severity
from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.stock import scrapes_per_hour
from promgen.model.burnrate import tier_facts
from promgen.model.catalog import EVALUATION_INTERVAL
from promgen.model.slo import Slo

_PAGING = frozenset({Severity.CRITICAL, Severity.HIGH})

BAD = """\
apiVersion: promgen/v1
kind: Service
metadata: {name: cart}
spec:
  owner: people
  slos:
    - name: reachable
      objective: 99.99%
      window: 30d
      sli: {probe: {selector: {instance: cart}}}
"""
GOOD = BAD + "      alerting: {lowTraffic: {minBadEvents: 60}}\n"


def find(context: Context) -> Iterator[Finding]:
    """SLOs that are measured so rarely, by the inventory's scrapes, and have no guard against it."""
    if context.resolved is None or context.inventory is None:
        return
    for slo in context.resolved.catalog.slos:
        scrapes = scrapes_per_hour(slo.sli, context.inventory)
        needed = _needed_per_hour(slo, context)
        if scrapes is not None and slo.min_bad_events is None and scrapes < needed:
            yield Finding(
                message=f"one failed scrape of `{slo.key}` pages: there are {scrapes:.0f} per hour,"
                f" and its fastest tier bears one failure in {needed:.0f}",
                span=context.resolved.span("slo", slo, "objective"),
                subject=slo.key,
                allowed="`alerting.lowTraffic.minBadEvents`, in seconds, or a lower objective",
            )


def _needed_per_hour(slo: Slo, context: Context) -> float:
    """Measurements per hour under which one failure pages; 0 without a tier that pages."""
    facts = (
        tier_facts(slo, tier, scrape=context.target.scrape_interval, evaluation=EVALUATION_INTERVAL)
        for tier in slo.tiers
        if tier.severity in _PAGING
    )
    return float(max((fact.one_failure_below for fact in facts), default=0))


CHECK = Check(
    problem=Problem(
        "slo/one-failure-pages",
        "A single lost packet wakes somebody up, and the next real page is taken for another one.",
        SUPPRESS,
    ),
    needs="inventory",
    bad=BAD,
    good=GOOD,
    find=find,
)
