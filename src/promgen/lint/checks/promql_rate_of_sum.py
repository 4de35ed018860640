"""Rates of sums of counters."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.recorded import RATES, Recordings, brief, parsed, without_numbers
from promgen.promql import Aggregate, Call, Node, Subquery, Vector, walk

BAD = """\
groups:
  - name: api
    rules:
      - record: job:http_requests:rate5m
        expr: rate(sum by (job) (http_requests_total)[5m:])
"""
GOOD = """\
groups:
  - name: api
    rules:
      - record: job:http_requests:rate5m
        expr: sum by (job) (rate(http_requests_total[5m]))
"""

_CONFUSED = frozenset({"sum", "avg"})


def find(context: Context) -> Iterator[Finding]:
    """Rates over a subquery of a sum, and over a series that one of the rules records as a sum."""
    recordings = Recordings(context)
    for rule, root in parsed(context):
        rated = (node for node in walk(root) if isinstance(node, Call) and node.name in RATES)
        for call in rated:
            aggregate = next(filter(None, map(_sum_of_counters, _inputs(call.args[0], recordings))), None)
            if aggregate is not None:
                yield Finding(
                    message=f"`{call.name}` of `{brief(call.args[0])}` takes one series' restart for one of the whole sum",
                    span=rule.span("expr"),
                    subject=rule.subject,
                    allowed=f"`{aggregate.op}({call.name}(…))`",
                )


def _inputs(argument: Node, recordings: Recordings) -> tuple[Node, ...]:
    match argument:
        case Subquery(expr):
            return (expr,)
        case Vector():
            return recordings.expressions(argument)
    return ()


def _sum_of_counters(node: Node) -> Aggregate | None:
    """A sum or average of series as they are."""
    part = without_numbers(node)
    is_sum = isinstance(part, Aggregate) and part.op in _CONFUSED
    if not (isinstance(part, Aggregate) and is_sum):
        return None
    return part if isinstance(without_numbers(part.expr), Vector) else None


CHECK = Check(
    problem=Problem(
        "promql/rate-of-sum",
        "When one instance restarts, the sum falls a little and the rate counts everything that is left as new.",
        SUPPRESS,
    ),
    bad=BAD,
    good=GOOD,
    find=find,
)
