"""Ratios of one metric whose numerator is no part of the denominator."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.matching import are_disjoint, implied
from promgen.lint.recorded import parsed
from promgen.promql import Aggregate, Binary, LabelMatcher, Node, Vector, walk

BAD = """\
groups:
  - name: api
    rules:
      - record: job:http_errors:ratio_rate5m
        expr: >-
          sum by (job) (rate(http_requests_total{code=~"5.."}[5m]))
          / sum by (job) (rate(http_requests_total{path!="/health"}[5m]))
"""
GOOD = BAD.replace('{code=~"5.."}', '{code=~"5..", path!="/health"}')

_PLACES = frozenset(
    {"job", "namespace", "cluster", "service", "app", "instance", "pod", "environment", "env"}
)
"""Labels that say whose events are counted; of others a ratio may compare two values on purpose."""


def find(context: Context) -> Iterator[Finding]:
    """Matchers of the denominator that the numerator does not keep to."""
    for rule, root in parsed(context):
        for node in walk(root):
            sides = _sides(node)
            if sides is None:
                continue
            numerator, denominator = sides
            for matcher in _not_kept(numerator, denominator):
                yield Finding(
                    message=f"the numerator counts `{numerator.metric}` that the denominator leaves out by `{matcher}`",
                    span=rule.span("expr"),
                    subject=rule.subject,
                    allowed=f"`{matcher}` on both sides",
                )


def _sides(node: Node) -> tuple[Vector, Vector] | None:
    """The selectors of a ratio of aggregations, where both are the same metric at the same times."""
    if not (isinstance(node, Binary) and node.op == "/"):
        return None
    left, right = _selector(node.left), _selector(node.right)
    if left is None or right is None or left.metric != right.metric or left.times != right.times:
        return None
    return left, right


def _selector(side: Node) -> Vector | None:
    """The one selector of a side that is an aggregation."""
    vectors = [node for node in walk(side) if isinstance(node, Vector)]
    return vectors[0] if isinstance(side, Aggregate) and len(vectors) == 1 and vectors[0].metric else None


def _not_kept(numerator: Vector, denominator: Vector) -> Iterator[LabelMatcher]:
    if implied_by_numerator(denominator, numerator):
        return
    for matcher in denominator.matchers:
        own = [one for one in numerator.matchers if one.name == matcher.name]
        apart = matcher.name in _PLACES and are_disjoint(own, [matcher])
        if apart or (not own and implied(own, matcher) is False):
            yield matcher


def implied_by_numerator(denominator: Vector, numerator: Vector) -> bool:
    """Whether the ratio stands the other way round on purpose: the whole divided by a part."""
    kept = all(implied(denominator.matchers, one) for one in numerator.matchers)
    return kept and len(denominator.matchers) > len(numerator.matchers)


CHECK = Check(
    problem=Problem(
        "promql/subset",
        "The ratio can be above 1, and counts errors of events that are in no total.",
        SUPPRESS,
    ),
    bad=BAD,
    good=GOOD,
    find=find,
)
