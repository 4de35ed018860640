"""Which rules of a run record a series, which read it, and what labels a result has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from promgen.base.durations import Duration
from promgen.lint.check import Context
from promgen.lint.rules import File, Group, Rule
from promgen.model.catalog import EVALUATION_INTERVAL
from promgen.promql import Aggregate, Binary, Call, Expression, Node, Vector, grouping, operands, tree, walk

ABSENCE = frozenset({"absent", "absent_over_time"})


class Place(NamedTuple):
    """A rule and where it stands."""

    file: File
    group: Group
    position: int
    """In its group."""
    rule: Rule

    @property
    def is_written(self) -> bool:
        """Whether somebody wrote it as a rule; the order and the groups of compiled ones are promgen's business."""
        return self.file.kind != "specification"


def places(context: Context) -> Iterator[Place]:
    """Every rule."""
    for file in context.files:
        for group in file.groups:
            for position, rule in enumerate(group.rules):
                yield Place(file, group, position, rule)


def recorders(context: Context) -> Mapping[str, tuple[Place, ...]]:
    """The rules that record each name."""
    return context.once(_by_name)


def _by_name(context: Context) -> dict[str, tuple[Place, ...]]:
    found: dict[str, list[Place]] = {}
    for place in places(context):
        if not place.rule.is_alert:
            found.setdefault(place.rule.name, []).append(place)
    return {name: tuple(recording) for name, recording in found.items()}


def vectors(rule: Rule) -> Iterator[Vector]:
    """What the rule selects."""
    if rule.expression is not None:
        yield from (node for node in walk(tree(rule.expression)) if isinstance(node, Vector))


def current_reads(rule: Rule) -> tuple[str, ...]:
    """The metrics whose newest sample the rule works with; a range hardly differs by one evaluation."""
    names = (vector.metric for vector in vectors(rule) if vector.times.range_ms is None)
    return tuple(dict.fromkeys(name for name in names if name is not None))


def needed_vectors(rule: Rule) -> Iterator[Vector]:
    """What the rule selects and cannot do without: not what may be missing by `absent()`, `or` and `unless`."""
    waiting = [] if rule.expression is None else [tree(rule.expression)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Vector):
            yield node
        waiting.extend(reversed(_needed_operands(node)))


def interval_of(group: Group) -> Duration:
    """How often a group is evaluated; one that does not say takes the server's interval, a minute unless configured."""
    return group.interval or EVALUATION_INTERVAL


def same_labels(first: Expression, second: Expression) -> bool:
    """Whether it is known that both results have labels of the same names."""
    left, right = grouping(first), grouping(second)
    return left is not None and right is not None and set(left) == set(right)


def is_plain(node: Node) -> bool:
    """Whether a part keeps the labels of the one selector in it: functions of a selector, and nothing that joins."""
    return not any(isinstance(part, Binary | Aggregate) or _renames(part) for part in walk(node))


def _renames(node: Node) -> bool:
    return isinstance(node, Call) and node.name in {"label_replace", "label_join", "info", *ABSENCE}


def _needed_operands(node: Node) -> tuple[Node, ...]:
    match node:
        case Call(name=name) if name in ABSENCE:
            return ()
        case Binary(op="or"):
            return ()
        case Binary(op="unless", left=left):
            return (left,)
    return operands(node)
