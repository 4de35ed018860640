"""SLOs of a probe whose whole budget is less than one failed scrape."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.durations import HOUR
from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.stock import scrapes_per_hour

BAD = """\
apiVersion: promgen/v1
kind: Service
metadata: {name: cart}
spec:
  owner: people
  slos:
    - name: reachable
      objective: 99.99%
      window: 1d
      sli: {probe: {selector: {instance: cart}}}
"""
GOOD = BAD.replace("1d", "30d")


def find(context: Context) -> Iterator[Finding]:
    """SLOs that the inventory's scrapes measure too rarely for their objective."""
    if context.resolved is None or context.inventory is None:
        return
    for slo in context.resolved.catalog.slos:
        scrapes = scrapes_per_hour(slo.sli, context.inventory)
        if scrapes is None:
            continue
        budget = scrapes * float((slo.period.length / HOUR) * (1 - slo.objective))
        if budget < 1:
            yield Finding(
                message=f"the budget of `{slo.key}` is {budget:.2g} failed scrapes in {slo.period}",
                span=context.resolved.span("slo", slo, "objective"),
                subject=slo.key,
                allowed="a lower objective, a longer window or more frequent scrapes",
            )


CHECK = Check(
    problem=Problem(
        "slo/budget-below-one-event",
        "The first failure spends more than the whole budget, so the SLO says nothing but whether there was one.",
        SUPPRESS,
    ),
    needs="inventory",
    bad=BAD,
    good=GOOD,
    find=find,
)
