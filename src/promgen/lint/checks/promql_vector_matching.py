"""Operators whose sides cannot find each other, find several series where one is needed, or find themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.recorded import Join, Recordings, brief, parsed
from promgen.promql import (
    CHOOSING,
    SET_OPERATORS,
    Aggregate,
    Binary,
    Call,
    Labels,
    Node,
    Number,
    Vector,
    is_matched,
    walk,
)

BAD = """\
groups:
  - name: api
    rules:
      - record: job_code:http_requests:ratio_rate5m
        expr: sum by (job, code) (rate(http_requests_total[5m])) / sum by (job) (rate(http_requests_total[5m]))
"""
GOOD = BAD.replace(" / sum", " / on (job) group_left () sum")

_COARSE = frozenset(
    [
        "cluster",
        "region",
        "datacenter",
        "dc",
        "site",
        "environment",
        "env",
        "namespace",
        "job",
        "service",
        "team",
    ]
)
"""Labels that usually follow from the others, so that they part no series."""


def find(context: Context) -> Iterator[Finding]:
    """Sides with different labels, matches by fewer labels than the series have, and series divided by themselves."""
    recordings = Recordings(context)
    for rule, root in parsed(context):
        for join in recordings.joins(root):
            external = context.target.external_labels
            found = (
                _different(join, external) or _several(join, external) or _not_to_take(join) or _itself(join)
            )
            if found is not None:
                message, allowed = found
                yield Finding(message=message, allowed=allowed, span=rule.span("expr"), subject=rule.subject)


def _different(join: Join, external: Collection[str]) -> tuple[str, str] | None:
    """Sides that are matched by labels of which only one has some."""
    matching = join.node.matching
    if matching.on:
        return None
    only_left = _only_on(join.left, join.right, join, external)
    only_right = _only_on(join.right, join.left, join, external)
    if not (only_left or only_right):
        return None
    where = "left" if only_left else "right"
    label = min(only_left or only_right)
    message = f"the sides of `{_operator(join)}` never match: only the {where} one has `{label}`"
    return message, _with_equal_labels(join, only_left, only_right, external)


def _only_on(one: Labels, other: Labels, join: Join, external: Collection[str]) -> set[str]:
    """Labels to match by that one side has and the other surely has not."""
    named = one.sure | ((one.possible or frozenset()) - set(external))
    return {label for label in named if is_matched(label, join.node.matching) and other.lacks(label)}


def _with_equal_labels(
    join: Join, only_left: Collection[str], only_right: Collection[str], external: Collection[str]
) -> str:
    left, right = join.left.possible, join.right.possible
    if left is None or right is None:
        return "`on (…)` with the labels that both have"
    common = ", ".join(sorted((left & right) - set(external)))
    group = ""
    if (
        join.node.op not in SET_OPERATORS
        and not join.node.matching.group
        and bool(only_left) != bool(only_right)
    ):
        group = " group_left ()" if only_left else " group_right ()"
    return f"`on ({common}){group}`"


def _several(join: Join, external: Collection[str]) -> tuple[str, str] | None:
    """A side that has several series for what it is matched by, where the operator takes one."""
    matching = join.node.matching
    if join.node.op in SET_OPERATORS or matching.labels is None or matching.group:
        return None
    left = _unmatched(join.node.left, join.left, join, external)
    right = _unmatched(join.node.right, join.right, join, external)
    if not (left or right):
        return None
    many, label = ("left", min(left)) if left else ("right", min(right))
    message = f"the {many} side of `{_operator(join)}` has several series per match, one for each `{label}`"
    if left and right:
        return (
            message,
            f"`{'on' if matching.on else 'ignoring'}` with labels by which the series of one side differ",
        )
    return message, f"`group_{many} ()`"


def _unmatched(side: Node, labels: Labels, join: Join, external: Collection[str]) -> set[str]:
    """Labels that the series of a side were grouped by, and that the match leaves out."""
    if labels.possible is None or any(map(_may_be_one, walk(side))):
        return set()
    left_out = {label for label in labels.possible if not is_matched(label, join.node.matching)}
    return left_out - labels.fixed.keys() - set(external) - _COARSE


def _may_be_one(node: Node) -> bool:
    """Whether a part chooses among series, so that those left may differ in the matched labels alone."""
    if isinstance(node, Aggregate):
        return node.op in CHOOSING
    return isinstance(node, Binary) and (node.is_comparison or node.op in SET_OPERATORS)


def _not_to_take(join: Join) -> tuple[str, str] | None:
    """A label in `group_left (…)` that the other side has not."""
    matching = join.node.matching
    one, side = (join.right, join.node.right) if matching.group == "left" else (join.left, join.node.left)
    for label in matching.include:
        if one.lacks(label):
            message = f"`group_{matching.group} ({label})` takes a label that `{brief(side)}` has not"
            return message, f"an aggregation that keeps `{label}`"
    return None


def _itself(join: Join) -> tuple[str, str] | None:
    """A part of a metric divided by all of it series by series, where only sums of them make a ratio."""
    sides = (_unscaled(join.node.left), _unscaled(join.node.right))
    if join.node.op != "/" or join.node.matching.labels is not None:
        return None
    match sides:
        case (
            Call(name=function, args=(Vector(metric=str(metric)) as part,)),
            Call(name=other, args=(Vector() as whole,)),
        ) if function == other and _is_part(part, whole):
            message = f"`/` divides every series of `{metric}` by itself, which says nothing about it"
            return message, f"`sum by (…) ({function}(…))` on both sides"
    return None


def _unscaled(node: Node) -> Node:
    match node:
        case Binary(op="*" | "/", left=part, right=Number()) | Binary(op="*", left=Number(), right=part):
            return _unscaled(part)
    return node


def _is_part(part: Vector, whole: Vector) -> bool:
    return replace(part, matchers=()) == replace(whole, matchers=()) and {*whole.matchers} <= {*part.matchers}


def _operator(join: Join) -> str:
    matching = join.node.matching
    if matching.labels is None:
        return join.node.op
    return f"{join.node.op} {'on' if matching.on else 'ignoring'} ({', '.join(matching.labels)})"


CHECK = Check(
    problem=Problem(
        "promql/vector-matching",
        "Series without a partner vanish, series with several make the evaluation fail, and a series by itself is 1.",
        SUPPRESS,
    ),
    bad=BAD,
    good=GOOD,
    find=find,
)
