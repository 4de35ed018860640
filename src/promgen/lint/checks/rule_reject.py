"""Labels, annotations, metrics and functions that a policy does not want."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from promgen.base.problems import SUPPRESS, Problem
from promgen.compiler.spec.patterns import Pattern
from promgen.lint.check import Check, Finding
from promgen.lint.demands import Covered, each, shown
from promgen.promql import Aggregate, Call, metric_names, tree, walk


def _judge(one: Covered) -> Iterator[Finding]:
    rejected = one.demands.reject
    yield from _texts(one, "labels", one.labels, rejected.labels, rejected.label_values)
    yield from _texts(
        one, "annotations", one.rule.annotations, rejected.annotations, rejected.annotation_values
    )
    if one.rule.expression is not None and (rejected.metrics or rejected.functions):
        yield from _names(one, "metric", metric_names(one.rule.expression), rejected.metrics)
        called = (node for node in walk(tree(one.rule.expression)) if isinstance(node, Call | Aggregate))
        names = (node.name if isinstance(node, Call) else node.op for node in called)
        yield from _names(one, "function", dict.fromkeys(names), rejected.functions)


def _texts(
    one: Covered,
    part: str,
    written: Mapping[str, str],
    names: Sequence[Pattern],
    values: Sequence[Pattern],
) -> Iterator[Finding]:
    word = part.removesuffix("s")
    for name, value in written.items():
        place = (f"{part}/{name}", part)
        if pattern := _first_match(name, names):
            message = f"a rule must not set the {word} `{shown(name)}`"
            yield one.object_to(message, *place, allowed=_otherwise(pattern))
        elif pattern := _first_match(value, values):
            message = f"{word} `{shown(name)}` must not be `{shown(value)}`"
            yield one.object_to(message, *place, allowed=_otherwise(pattern))


def _names(one: Covered, word: str, names: Iterable[str], rejected: Sequence[Pattern]) -> Iterator[Finding]:
    for name in names:
        if pattern := _first_match(name, rejected):
            message = f"the expression must not use the {word} `{shown(name)}`"
            yield one.object_to(message, "expr", allowed=_otherwise(pattern))


def _first_match(text: str, patterns: Sequence[Pattern]) -> Pattern | None:
    return next((pattern for pattern in patterns if pattern.matches(text)), None)


def _otherwise(pattern: Pattern) -> str:
    return f"no match of `{pattern.text}`"


CHECK = Check(
    problem=Problem(
        "rule/reject",
        "What a team has agreed to stop using comes back with the next rule that is copied from an old one.",
        SUPPRESS,
    ),
    is_default=False,
    needs="policies",
    configuration="""\
lint:
  policies:
    - reason: The old cluster label and irate are on their way out.
      reject:
        labels: [kube_cluster]
        functions: [irate]
""",
    bad="""\
groups:
  - name: shop
    rules:
      - record: job:checkout_requests:rate5m
        expr: sum by (job) (irate(checkout_requests_total[5m]))
""",
    good="""\
groups:
  - name: shop
    rules:
      - record: job:checkout_requests:rate5m
        expr: sum by (job) (rate(checkout_requests_total[5m]))
""",
    find=each(_judge),
)
