"""Two rules that write the same series, or the same alert twice."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from promgen.base.diagnostics import Level, Related
from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.matching import are_disjoint
from promgen.lint.rules import Rule
from promgen.lint.series import same_labels, vectors

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
    reported: set[int] = set()
    for (_, first), (at, second) in combinations(enumerate(rules), 2):
        if at not in reported and (what := _fault(first, second)):
            reported.add(at)
            yield _finding(first, second, what)


def _finding(first: Rule, second: Rule, what: str) -> Finding:
    return Finding(
        message=f"`{second.name}` {what}",
        span=second.span("name"),
        subject=second.subject,
        allowed="one of them, or a name or label that tells them apart",
        related=(Related(span=first.span("name"), text="the other one"),),
    )


def _fault(first: Rule, second: Rule) -> str:
    if first.expression is None or second.expression is None:
        return ""
    if first.expression.canonical == second.expression.canonical:
        return "is there twice with the same labels and expression"
    if first.is_alert or not same_labels(first.expression, second.expression):
        return ""
    return "is recorded twice with the same labels" if _overlap(first, second) else ""


def _overlap(first: Rule, second: Rule) -> bool:
    """Whether it is certain enough that the results share values of those labels: the same metrics, chosen alike."""
    left, right = list(vectors(first)), list(vectors(second))
    if {one.metric for one in left} != {one.metric for one in right}:
        return False
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
