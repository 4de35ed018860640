"""Two rules that write the same series, or the same alert twice."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.diagnostics import Level, Related
from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.matching import are_disjoint
from promgen.lint.rules import Rule
from promgen.lint.series import vectors
from promgen.promql import Expression, grouping

BAD = """\
groups:
  - name: traffic
    rules:
      - record: job:requests:rate5m
        expr: sum by (job) (rate(http_requests_total[5m]))
      - record: job:requests:rate5m
        expr: sum by (job) (rate(http_requests_total[1m]))
"""
GOOD = """\
groups:
  - name: traffic
    rules:
      - record: job:requests:rate5m
        expr: sum by (job) (rate(http_requests_total[5m]))
      - record: job:requests:rate1m
        expr: sum by (job) (rate(http_requests_total[1m]))
"""


def find(context: Context) -> Iterator[Finding]:
    """The later of each two in a file, once; another file may be for another server."""
    for file in context.files:
        named: dict[tuple[str, str, tuple[tuple[str, str], ...]], list[Rule]] = {}
        for _, rule in file.rules() if file.kind != "specification" else ():
            named.setdefault((rule.kind, rule.name, tuple(sorted(rule.labels.items()))), []).append(rule)
        for rules in named.values():
            yield from _among(rules)


def _among(rules: list[Rule]) -> Iterator[Finding]:
    """Findings in rules of one name and the same labels."""
    by_text: dict[Expression, Rule] = {}
    by_result: dict[tuple[frozenset[str], frozenset[str]], list[Rule]] = {}
    for rule in rules:
        if rule.expression is None:
            continue
        same = by_text.setdefault(rule.expression, rule)
        labels = grouping(rule.expression)
        if same is not rule:
            yield _finding(same, rule, "is there twice with the same labels and expression")
        elif not rule.is_alert and labels is not None:
            metrics = frozenset(one.metric or "" for one in vectors(rule))
            before = by_result.setdefault((frozenset(labels), metrics), [])
            if (other := next((one for one in before if _overlap(one, rule)), None)) is not None:
                yield _finding(other, rule, "is recorded twice with the same labels")
            before.append(rule)


def _finding(first: Rule, second: Rule, what: str) -> Finding:
    return Finding(
        message=f"`{second.name}` {what}",
        span=second.span("name"),
        subject=second.subject,
        allowed="one of them, or a name or label that tells them apart",
        related=(Related(span=first.span("name"), text="the other one"),),
    )


def _overlap(first: Rule, second: Rule) -> bool:
    """Whether it is certain enough that results of the same metrics share values of their labels: all are chosen alike."""
    left, right = list(vectors(first)), list(vectors(second))
    return not any(are_disjoint(one.matchers, other.matchers) for one in left for other in right)


CHECK = Check(
    problem=Problem(
        "rule/duplicate",
        "Both write the same series, so the value jumps between two meanings, or every evaluation of one fails.",
        SUPPRESS,
    ),
    level=Level.WARNING,
    bad=BAD,
    good=GOOD,
    find=find,
)
