"""What the declared target does not take: fields, functions and names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from promgen.base.diagnostics import Level
from promgen.base.problems import TARGET_LACKS
from promgen.base.spans import Span
from promgen.base.versions import Version
from promgen.lint import dialects
from promgen.lint.check import Check, Context, Finding
from promgen.lint.dialects import GROUP_FIELDS, RULE_FIELDS, SPOKEN
from promgen.lint.rules import File, Rule
from promgen.model.catalog import Dialect, Target
from promgen.promql import Aggregate, Binary, Call, Expression, Node, Vector, selectors, tree, walk

BAD = """\
groups:
  - name: traffic
    source_tenants: [payments]
    rules:
      - record: job:requests:rate5m
        expr: sum by (job) (rate(http_requests_total[5m]))
"""
GOOD = """\
groups:
  - name: traffic
    rules:
      - record: job:requests:rate5m
        expr: sum by (job) (rate(http_requests_total[5m]))
"""


class Loader(NamedTuple):
    """What a file is for."""

    fields: Dialect
    """What reads its fields."""
    expressions: Dialect
    """What evaluates it."""
    version: Version | None
    """Of Prometheus, where that evaluates."""


def find(context: Context) -> Iterator[Finding]:
    """Everything that what loads the rules would refuse or drop."""
    for file in context.files:
        loader = _loader_of(file, context.target)
        for group in file.groups:
            for name in group.fields:
                if fault := dialects.field_fault(GROUP_FIELDS.get(name), loader.fields, loader.version):
                    yield _field(name, fault, group.span(name), group.name)
            for rule in group.rules:
                yield from _of_rule(rule, loader)


def _loader_of(file: File, target: Target) -> Loader:
    """Kubernetes prunes the fields of an object before anything else reads it."""
    version = dialects.version_for(target.dialect, target.prometheus)
    if file.kind == "PrometheusRule":
        return Loader("prometheus-operator", target.dialect or "prometheus-operator", version)
    if target.dialect is not None:
        return Loader(target.dialect, target.dialect, version)
    of_groups = [name for group in file.groups for name in group.fields]
    guess = dialects.guess_dialect(of_groups, [name for _, rule in file.rules() for name in _written(rule)])
    return Loader(guess, guess, dialects.version_for(guess, target.prometheus))


def _written(rule: Rule) -> list[str]:
    """The fields of a rule that are written, beside its name."""
    return [name for name in rule.places if name not in {"", "name"} and "/" not in name]


def _of_rule(rule: Rule, loader: Loader) -> Iterator[Finding]:
    for name in _written(rule):
        if fault := dialects.field_fault(RULE_FIELDS.get(name), loader.fields, loader.version):
            yield _field(name, fault, rule.span(name), rule.subject)
    if rule.expression is not None:
        for fault in dict.fromkeys(_faults(rule.expression, loader)):
            yield Finding(message=fault, span=rule.span("expr"), subject=rule.subject)


def _field(name: str, fault: str, span: Span, subject: str) -> Finding:
    allowed = "leave it out, or set `target` in promgen.yaml to what loads the rules"
    return Finding(message=f"`{name}` {fault}", span=span, subject=subject, allowed=allowed)


def _faults(expression: Expression, loader: Loader) -> Iterator[str]:
    if not dialects.takes_alternatives(loader.expressions) and any(
        selector.alternatives for selector in selectors(expression)
    ):
        yield f"`or` between matchers is MetricsQL; {SPOKEN[loader.expressions]} cannot read it"
    for node in walk(tree(expression)):
        called = node.name if isinstance(node, Call) else node.op if isinstance(node, Aggregate) else ""
        if fault := dialects.function_fault(called, loader.expressions, loader.version):
            yield f"`{called}` {fault}"
        for name in _names_in(node):
            if fault := dialects.name_fault(name, loader.version):
                yield f"the name `{name}` {fault}"


def _names_in(node: Node) -> Iterator[str]:
    """Names of labels, and of metrics that are named exactly."""
    match node:
        case Vector(metric=metric, matchers=matchers):
            yield from (matcher.name for matcher in matchers)
            if metric is not None:
                yield metric
        case Aggregate(labels=labels):
            yield from labels or ()
        case Binary(matching=matching):
            yield from (*(matching.labels or ()), *matching.include)


CHECK = Check(
    problem=TARGET_LACKS,
    level=Level.ERROR,
    bad=BAD,
    good=GOOD,
    configuration="target: {dialect: prometheus}\n",
    find=find,
)
