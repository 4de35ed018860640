"""Selectors without a matcher that a policy demands."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from promgen.base.problems import SUPPRESS, Problem
from promgen.compiler.spec import v1
from promgen.lint.check import Check, Finding
from promgen.lint.demands import Covered, each, shown
from promgen.promql import Aggregate, Call, Node, Vector, operands, print_tree, tree


def _judge(one: Covered) -> Iterator[Finding]:
    for demand in one.demands.selectors if one.rule.expression is not None else ():
        assert one.rule.expression is not None
        for vector in dict.fromkeys(_vectors(tree(one.rule.expression), demand.inside)):
            if demand.metric is None or demand.metric.matches(vector.metric or ""):
                yield from _judge_vector(one, demand, vector)


def _judge_vector(one: Covered, demand: v1.SelectorDemand, vector: Vector) -> Iterator[Finding]:
    present = {matcher.name for matcher in vector.matchers}
    for label in demand.labels:
        if label not in present:
            message = f"`{shown(print_tree(vector))}` does not say which `{label}`"
            yield one.object_to(message, "expr", allowed=f"a matcher for `{label}`")


def _vectors(node: Node, inside: Collection[str]) -> Iterator[Vector]:
    """The selectors, or those within one of the functions where any are given."""
    waiting = [(node, not inside)]
    while waiting:
        found, counts = waiting.pop()
        if isinstance(found, Vector) and counts:
            yield found
        name = found.name if isinstance(found, Call) else found.op if isinstance(found, Aggregate) else ""
        waiting.extend((operand, counts or name in inside) for operand in reversed(operands(found)))


CHECK = Check(
    problem=Problem(
        "promql/selector",
        "Without this label the expression reads the series of everybody who exports the same metric.",
        SUPPRESS,
    ),
    is_default=False,
    needs="policies",
    configuration="""\
lint:
  policies:
    - reason: All clusters write to one Prometheus.
      selectors:
        - labels: [cluster]
        - {labels: [job], inside: [absent]}
""",
    bad="""\
groups:
  - name: shop
    rules:
      - alert: CheckoutAbsent
        expr: absent(up{cluster="eu"})
        for: 5m
""",
    good="""\
groups:
  - name: shop
    rules:
      - alert: CheckoutAbsent
        expr: absent(up{cluster="eu",job="checkout"})
        for: 5m
""",
    find=each(_judge),
)
