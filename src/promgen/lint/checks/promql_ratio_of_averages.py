"""Averages of ratios and of quantiles, which weigh an idle minute or instance like a busy one."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.recorded import Recordings, brief, parsed
from promgen.promql import Aggregate, Binary, Call, Node, Subquery, Vector, walk

BAD = """\
groups:
  - name: api
    rules:
      - record: job:http_errors:ratio_rate5m
        expr: sum by (job) (rate(http_errors_total[5m])) / sum by (job) (rate(http_requests_total[5m]))
      - record: job:http_errors:ratio_rate1d
        expr: avg_over_time(job:http_errors:ratio_rate5m[1d])
"""
GOOD = """\
groups:
  - name: api
    rules:
      - record: job:http_errors:ratio_rate5m
        expr: sum by (job) (rate(http_errors_total[5m])) / sum by (job) (rate(http_requests_total[5m]))
      - record: job:http_errors:ratio_rate1d
        expr: sum by (job) (rate(http_errors_total[1d])) / sum by (job) (rate(http_requests_total[1d]))
"""


def find(context: Context) -> Iterator[Finding]:
    """Averages over series and over time; a quantile is not even to be summed."""
    recordings = Recordings(context)
    for rule, root in parsed(context):
        for node in walk(root):
            found = _averaged(node)
            if found is None:
                continue
            how, part = found
            objection = _objection(how, part, recordings)
            if objection is not None:
                message, allowed = objection
                yield Finding(message=message, allowed=allowed, span=rule.span("expr"), subject=rule.subject)


def _averaged(node: Node) -> tuple[str, Node] | None:
    """How something is averaged or summed, and what."""
    match node:
        case Aggregate(op="avg" | "sum" as op, expr=expr):
            return op, expr
        case Call(name="avg_over_time" as name, args=(Subquery(expr=expr) | (Vector() as expr),)):
            return name, expr
        case Binary(
            op="/",
            left=Call(name="sum_over_time", args=(Vector() as expr,)),
            right=Call(name="count_over_time", args=(Vector() as other,)),
        ) if expr == other:
            return "sum_over_time / count_over_time", expr
    return None


def _objection(how: str, part: Node, recordings: Recordings) -> tuple[str, str] | None:
    if recordings.is_quantile(part) and _is_elementary(part):
        message = f"`{how}` of `{brief(part)}`: quantiles can be neither averaged nor summed"
        return message, "`histogram_quantile` of summed buckets"
    if how != "sum" and recordings.is_event_ratio(part) and _is_elementary(part):
        message = f"`{how}` of `{brief(part)}` gives few events the weight of many"
        return message, "the sum of the numerators divided by the sum of the denominators"
    return None


def _is_elementary(part: Node) -> bool:
    """Whether the part itself is the ratio; of an aggregation below, the objection is made there."""
    return not isinstance(part, Aggregate)


CHECK = Check(
    problem=Problem(
        "promql/ratio-of-averages",
        "The result is not the ratio over the whole: a night with ten requests counts as much as a noon with a million.",
        SUPPRESS,
    ),
    bad=BAD,
    good=GOOD,
    find=find,
)
