"""Rules with one thing changed, each of which some proof test must notice.

The operators are those mistakes that load, parse and look right in review: a threshold off by a quarter, a neighbouring
window, a join label too many or too few, a matcher turned round, a mean in the place of a sum, another severity, a `for`
one evaluation off, a condition that became an alternative.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import NamedTuple, TypeVar

from promgen.base import conventions as names
from promgen.base.conventions import SEVERITIES
from promgen.base.durations import Duration
from promgen.compiler.ir.rules import Group, Rule
from promgen.model.catalog import EVALUATION_INTERVAL, Target
from promgen.promql import (
    Aggregate,
    Binary,
    Call,
    LabelMatcher,
    MatchOperator,
    Node,
    Number,
    Vector,
    operands,
    parse,
    print_tree,
    replacements,
    tree,
)

FACTOR = 1.25
"""By how much a threshold is moved; a case that is nearer to its threshold notices."""

_OPPOSITE: dict[MatchOperator, MatchOperator] = {"=": "!=", "!=": "=", "=~": "!~", "!~": "=~"}
_SUM_AND_AVG = {
    "sum": "avg",
    "avg": "sum",
    "sum_over_time": "avg_over_time",
    "avg_over_time": "sum_over_time",
}

_T = TypeVar("_T")
Propose = Callable[[Node], Iterable[Node]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A rule with one change; `place` is its index among the rules of its group."""

    group: Group
    place: int
    operator: str
    rule: Rule
    before: str
    """What was changed, as text."""
    after: str
    within: tuple[Node, ...] = ()
    """The part of the expression that was changed, last, and all that it stands in, from the outside in."""

    @property
    def mutated_group(self) -> Group:
        """The group with the changed rule in its place."""
        rules = self.group.rules
        return self.group._replace(rules=(*rules[: self.place], self.rule, *rules[self.place + 1 :]))


def mutants_of(group: Group, target: Target) -> Iterator[Mutant]:
    """Every mutant of every rule of a group, in order; equal ones once."""
    windows = _windows(group)
    for place, rule in enumerate(group.rules):
        seen = {_key(rule._replace(expr=print_tree(tree(parse(rule.expr)))))}
        for change in (*_in_fields(rule, target), *_in_expression(rule, windows)):
            if _key(change.rule) not in seen:
                seen.add(_key(change.rule))
                yield Mutant(
                    group=group,
                    place=place,
                    operator=change.operator,
                    rule=change.rule,
                    before=change.before,
                    after=change.after,
                    within=change.within,
                )


def _key(rule: Rule) -> object:
    return rule.expr, rule.hold, rule.keep_firing_for, tuple(rule.labels.items())


class _Change(NamedTuple):
    operator: str
    rule: Rule
    before: str
    after: str
    within: tuple[Node, ...] = ()


def _in_expression(rule: Rule, windows: Sequence[int]) -> Iterator[_Change]:
    root = tree(parse(rule.expr))
    operators: dict[str, Propose] = {**_OPERATORS, "window": partial(_window, windows=windows)}
    for operator, propose in operators.items():
        parts = ((within, other) for within in _parts(root) for other in propose(within[-1]))
        for changed, (within, after) in zip(replacements(root, propose), parts, strict=True):
            before = print_tree(within[-1])
            yield _Change(
                operator, rule._replace(expr=print_tree(changed)), before, print_tree(after), within
            )


def _parts(node: Node, above: tuple[Node, ...] = ()) -> Iterator[tuple[Node, ...]]:
    """Every part of an expression and what it stands in, in the order of `walk`."""
    within = (*above, node)
    yield within
    for inner in operands(node):
        yield from _parts(inner, within)


def _in_fields(rule: Rule, target: Target) -> Iterator[_Change]:
    if not rule.is_alert:
        return
    label = target.severity_label
    for other in _neighbours([target.severity_value(one) for one in SEVERITIES], rule.labels.get(label, "")):
        yield _Change(
            "severity", rule._replace(labels={**rule.labels, label: other}), rule.labels[label], other
        )
    for held, changed in _shifted(rule.hold or Duration(0)):
        yield _Change("for", rule._replace(hold=changed), str(held), str(changed))
    if rule.keep_firing_for is not None:
        for held, changed in _shifted(rule.keep_firing_for):
            yield _Change("keep_firing_for", rule._replace(keep_firing_for=changed), str(held), str(changed))


def _shifted(held: Duration) -> Iterator[tuple[Duration, Duration]]:
    """One evaluation less and one more."""
    for ms in (held.ms - EVALUATION_INTERVAL.ms, held.ms + EVALUATION_INTERVAL.ms):
        if ms >= 0:
            yield held, Duration(ms)


# --- what is proposed in the place of a part


def _threshold(node: Node) -> Iterator[Node]:
    if isinstance(node, Binary) and node.is_comparison and isinstance(node.right, Number):
        for value in (node.right.value * FACTOR, node.right.value / FACTOR):
            yield replace(node, right=Number(value))


def _window(node: Node, windows: Sequence[int]) -> Iterator[Node]:
    if isinstance(node, Vector):
        for other in _neighbours([names.error_ratio(Duration(ms)) for ms in windows], node.metric or ""):
            yield replace(node, metric=other)
    if isinstance(node, Vector) and node.times.range_ms is not None:
        for ms in _neighbours(windows, node.times.range_ms):
            yield replace(node, times=replace(node.times, range_ms=ms))


def _join(node: Node) -> Iterator[Node]:
    """A label less, or one more, where series are matched; a label less where they are grouped."""
    if isinstance(node, Binary) and (labels := node.matching.labels) is not None:
        wider = [(*labels, names.SLO_LABEL)] if _would_part(node) else []
        for other in (*wider, *_one_less(labels)):
            yield replace(node, matching=replace(node.matching, labels=other))
    if isinstance(node, Aggregate) and node.labels is not None:
        for other in _one_less(node.labels):
            yield replace(node, labels=other)


def _would_part(node: Binary) -> bool:
    """Whether one side is a recorded series of an SLO and the other is not, so that matching on its name parts them."""
    return node.matching.on and _is_of_slo(node.left) != _is_of_slo(node.right)


def _is_of_slo(node: Node) -> bool:
    """Whether the series of an expression carry the name of an SLO: it selects them by it and aggregates nothing."""
    if isinstance(node, Aggregate):
        return names.SLO_LABEL in (node.labels or ())
    if isinstance(node, Vector):
        return any(matcher.name == names.SLO_LABEL for matcher in node.matchers)
    return any(map(_is_of_slo, operands(node)))


def _matcher(node: Node) -> Iterator[Node]:
    if isinstance(node, Vector):
        for place, matcher in enumerate(node.matchers):
            opposite = LabelMatcher(matcher.name, _OPPOSITE[matcher.op], matcher.value)
            yield replace(node, matchers=(*node.matchers[:place], opposite, *node.matchers[place + 1 :]))


def _mean(node: Node) -> Iterator[Node]:
    if isinstance(node, Aggregate) and node.op in _SUM_AND_AVG:
        yield replace(node, op=_SUM_AND_AVG[node.op])
    if isinstance(node, Call) and node.name in _SUM_AND_AVG:
        yield replace(node, name=_SUM_AND_AVG[node.name])


def _condition(node: Node) -> Iterator[Node]:
    if isinstance(node, Binary) and node.op == "and":
        yield replace(node, op="or")


_OPERATORS: dict[str, Propose] = {
    "threshold": _threshold,
    "join label": _join,
    "matcher": _matcher,
    "sum or avg": _mean,
    "and or": _condition,
}


def _windows(group: Group) -> Sequence[int]:
    """The windows of an SLO's error ratios in milliseconds, shortest first; none in a group of alerts."""
    prefix = names.ERROR_RATIO
    recorded = (rule.name for rule in group.rules if rule.name.startswith(prefix))
    return sorted(Duration.parse(name.removeprefix(prefix)).ms for name in recorded)


def _neighbours(row: Sequence[_T], value: _T) -> Iterator[_T]:
    """What stands before and after a value in a row."""
    for before, after in pairwise(row):
        if before == value:
            yield after
        if after == value:
            yield before


def _one_less(labels: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for place in range(len(labels)):
        yield (*labels[:place], *labels[place + 1 :])
