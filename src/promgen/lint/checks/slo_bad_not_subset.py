"""SLOs whose good or bad events are not among those that are counted."""

from __future__ import annotations

from collections.abc import Iterator

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
    - name: availability
      description: Checkouts succeed.
      objective: 99.9%
      window: 30d
      runbook: https://runbooks.example.com/cart
      sli:
        ratio:
          total: {metric: http_requests_total, selector: {route: /checkout}}
          bad: {metric: http_requests_total, selector: {code: {matches: "5.."}}}
"""
GOOD = BAD.replace("bad: {metric: http_requests_total, selector", "bad: {selector")


def find(context: Context) -> Iterator[Finding]:
    """Sides of one metric where one selects what the other leaves out."""
    for sides in sides_of(context.resolved) if context.resolved is not None else ():
        if sides.is_one_metric and (missing := sides.unshared()):
            yield _finding(sides, ", ".join(map(str, missing)))


def _finding(sides: Sides, missing: str) -> Finding:
    return Finding(
        message=f"`{sides.name}` of `{sides.slo.key}` is not restricted to the total's {missing}",
        span=sides.span,
        subject=sides.slo.key,
        allowed="the same selector as the total, and more",
    )


CHECK = Check(
    problem=Problem(
        "slo/bad-not-subset",
        "Events that are not in the total are held against it, so the budget is spent by what users never saw.",
        SUPPRESS,
    ),
    needs="specifications",
    bad=BAD,
    good=GOOD,
    find=find,
)
