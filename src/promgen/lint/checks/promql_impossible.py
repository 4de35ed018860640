"""Parts of an expression that can give nothing, whatever is measured."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import combinations

from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.matching import accepts
from promgen.lint.recorded import Join, Recordings, brief, parsed
from promgen.promql import (
    CHOOSING,
    Aggregate,
    Binary,
    LabelMatcher,
    Labels,
    Node,
    Vector,
    is_matched,
    never_holds,
    walk,
)

BAD = """\
groups:
  - name: api
    rules:
      - alert: ApiInstanceFails
        expr: sum by (job) (rate(http_errors_total[5m])) > on (instance) max by (instance) (http_limit)
        for: 5m
"""
GOOD = BAD.replace("sum by (job)", "sum by (instance)")


def find(context: Context) -> Iterator[Finding]:
    """Contradicting matchers, labels that are gone, comparisons that cannot hold, and joins that cannot match."""
    recordings = Recordings(context)
    for rule, root in parsed(context):
        messages = [
            *_of_parts(root, recordings),
            *_of_joins(root, recordings, context.target.external_labels),
        ]
        for message in dict.fromkeys(messages):
            yield Finding(message=message, span=rule.span("expr"), subject=rule.subject)


def _of_parts(root: Node, recordings: Recordings) -> Iterator[str]:
    for node in walk(root):
        match node:
            case Vector():
                yield from _of_selector(node, recordings)
            case Aggregate():
                yield from _of_grouping(node, recordings)
            case Binary(returns_bool=False) if never_holds(node):
                yield f"`{node.op} {brief(node.right)}` can never hold for `{brief(node.left)}`"


def _of_selector(node: Vector, recordings: Recordings) -> Iterator[str]:
    for one, other in combinations(node.matchers, 2):
        if one.name == other.name and (_exclude(one, other) or _exclude(other, one)):
            yield f"`{one}` and `{other}` of `{node.metric or ''}` exclude each other"
    recorded = recordings.known(node)
    for matcher in node.matchers if recorded is not None else ():
        if recorded is not None and recorded.lacks(matcher.name) and accepts(matcher, "") is False:
            yield f"`{matcher}` selects nothing: `{node.metric}` is recorded without `{matcher.name}`"


def _exclude(wanted: LabelMatcher, other: LabelMatcher) -> bool:
    return wanted.op == "=" and accepts(other, wanted.value) is False


def _of_grouping(node: Aggregate, recordings: Recordings) -> Iterator[str]:
    if node.without or not node.labels:
        return
    labels = recordings.flow(node.expr)
    for label in node.labels:
        if labels.lacks(label):
            what = "chooses" if node.op in CHOOSING else "groups"
            yield f"`{node.op} by ({label})` {what} by a label that is gone{_after(labels, label)}"


def _of_joins(root: Node, recordings: Recordings, external: Collection[str]) -> Iterator[str]:
    for join in recordings.joins(root):
        matching = join.node.matching
        for label in (matching.labels or ()) if matching.on else ():
            for gone, other in ((join.left, join.right), (join.right, join.left)):
                if gone.lacks(label) and _is_expected(other, label, external):
                    what = f"`{join.node.op} on ({label})` matches nothing"
                    yield f"{what}: one side has no `{label}`{_after(gone, label)}"
        yield from _of_values(join)


def _of_values(join: Join) -> Iterator[str]:
    for label in sorted(join.left.fixed.keys() & join.right.fixed.keys()):
        left, right = join.left.fixed[label], join.right.fixed[label]
        if is_matched(label, join.node.matching) and left != right:
            what = f"the sides of `{join.node.op}` never match"
            yield f"{what}: `{label}` is `{left}` on the left and `{right}` on the right"


def _is_expected(labels: Labels, label: str, external: Collection[str]) -> bool:
    """Whether series have a label: surely, or because somebody grouped by it."""
    named = labels.possible is not None and label in labels.possible and label not in external
    return labels.has(label) or named


def _after(labels: Labels, label: str) -> str:
    reason = labels.reason(label)
    return f" after `{brief(reason)}`" if reason is not None else ""


CHECK = Check(
    problem=Problem(
        "promql/impossible",
        "What can never be true never fires, and nobody notices that the alert is missing.",
        SUPPRESS,
    ),
    bad=BAD,
    good=GOOD,
    find=find,
)
