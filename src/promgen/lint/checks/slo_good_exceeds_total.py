"""SLOs whose sides are two metrics that are chosen differently, so that the part can exceed the whole."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.diagnostics import Level
from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.events import Sides, sides_of

BAD = """\
apiVersion: promgen/v1
kind: Service
metadata: {name: cart}
spec:
  owner: people
  slos:
    - name: orders
      description: Orders are stored.
      objective: 99.9%
      window: 30d
      runbook: https://runbooks.example.com/cart
      sli:
        ratio:
          total: {metric: orders_received_total, selector: {region: eu}}
          good: {metric: orders_stored_total}
"""
GOOD = BAD.replace("orders_stored_total}", "orders_stored_total, selector: {region: eu}}")


def find(context: Context) -> Iterator[Finding]:
    """Sides of two metrics where only the total is restricted."""
    for sides in sides_of(context.resolved) if context.resolved is not None else ():
        labels = {matcher.name for matcher in sides.part.matchers}
        missing = [str(matcher) for matcher in sides.unshared() if matcher.name not in labels]
        if not sides.is_one_metric and missing:
            yield _finding(sides, ", ".join(missing))


def _finding(sides: Sides, missing: str) -> Finding:
    return Finding(
        message=f"`{sides.name}` of `{sides.slo.key}` is another metric, without the total's {missing}",
        span=sides.span,
        subject=sides.slo.key,
        allowed="the same restriction, if the metric has the label",
    )


CHECK = Check(
    problem=Problem(
        "slo/good-exceeds-total",
        "When the part counts more than the whole, the error ratio is wrong and outages are hidden or invented.",
        SUPPRESS,
    ),
    level=Level.INFO,
    needs="specifications",
    bad=BAD,
    good=GOOD,
    find=find,
)
