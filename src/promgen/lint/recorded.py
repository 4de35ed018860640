"""What the recording rules of a run give: the labels of their series, and whether those are rates, ratios or quantiles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from promgen.lint.check import Context
from promgen.lint.matching import accepts
from promgen.lint.rules import Group, Rule
from promgen.lint.series import Place, recorders
from promgen.promql import (
    Aggregate,
    Binary,
    Call,
    Flow,
    LabelMatcher,
    Labels,
    Negative,
    Node,
    Number,
    Vector,
    is_scalar,
    labelled,
    print_tree,
    tree,
    united_labels,
    walk,
)

RATES = frozenset({"rate", "irate", "increase"})
_LONGEST_TEXT = 70
_LONGEST_CHAIN = 50
"""Recordings of recordings that are followed; a longer chain is no monitoring."""
_SCRAPED = frozenset({"instance", "pod", "container", "endpoint", "le", "quantile"})
"""Labels that come with what is scraped and are never added to a recorded series later."""
_RELABELLING = frozenset({"label_replace", "label_join", "sort", "sort_desc", "round"})
_ROUGHLY_SAME = frozenset({"sum", "avg", "min", "max"})


class Join(NamedTuple):
    """An operator between two sides of series that have to find each other, with the labels of both."""

    node: Binary
    left: Labels
    right: Labels


class Recordings:
    """The recording rules by name; what they give is worked out when it is asked for."""

    def __init__(self, context: Context) -> None:
        self._places: Mapping[str, tuple[Place, ...]] = recorders(context)
        self._external = context.target.external_labels
        self._recorded: dict[str, tuple[Labels, ...]] = {}
        self._flow = Flow(self.known)
        self._chain = 0

    def known(self, vector: Vector) -> Labels | None:
        """The labels of a recorded series, by the rules whose own labels it asks for; None where none records it."""
        name = vector.metric or ""
        if name not in self._recorded and self._chain < _LONGEST_CHAIN:
            self._recorded[name] = ()  # a rule that reads its own series claims nothing
            self._chain += 1
            self._recorded[name] = self._worked_out(name)
            self._chain -= 1
        meant = [found for found in self._recorded.get(name, ()) if _may_be_meant(found, vector.matchers)]
        return united_labels(meant) if meant else None

    def flow(self, node: Node) -> Labels:
        """The labels of a part of a rule's expression."""
        return self._flow.of(node)

    def joins(self, root: Node) -> Iterator[Join]:
        """Every operator in an expression whose sides have to find each other; `or` takes both as they are."""
        for node in walk(root):
            if (
                isinstance(node, Binary)
                and node.op != "or"
                and not (is_scalar(node.left) or is_scalar(node.right))
            ):
                yield Join(node, self.flow(node.left), self.flow(node.right))

    def expressions(self, vector: Vector) -> tuple[Node, ...]:
        """What the rules that record a series evaluate; none where one of them cannot be read."""
        found = [place.rule.expression for place in self._places.get(vector.metric or "", ())]
        return () if None in found else tuple(tree(one) for one in found if one is not None)

    def is_rate(self, node: Node) -> bool:
        """Whether a part says how many events there were, so that it is 0 while nothing happens."""
        return self._is(node, lambda part: isinstance(part, Call) and part.name in RATES)

    def is_event_ratio(self, node: Node) -> bool:
        """Whether a part is events by events, such as a ratio of errors or a mean latency."""
        return self._is(node, lambda part: self._divided(part) is not None)

    def is_quantile(self, node: Node) -> bool:
        """Whether a part is a quantile, calculated or of a summary."""
        return self._is(node, _gives_quantile)

    def event_ratio(self, node: Node) -> Binary | None:
        """The division of events by events that a part does, besides arithmetic with numbers."""
        part = without_numbers(node)
        return self._divided(part)

    def _divided(self, node: Node) -> Binary | None:
        if (
            isinstance(node, Binary)
            and node.op == "/"
            and self.is_rate(node.left)
            and self.is_rate(node.right)
        ):
            return node
        return None

    def _is(self, node: Node, holds: Callable[[Node], bool], chain: int = 0) -> bool:
        """Whether a part, or what is recorded under its name, is of a kind; sums and averages of it are too."""
        part = without_numbers(node)
        if holds(part):
            return True
        if isinstance(part, Aggregate) and part.op in _ROUGHLY_SAME:
            return self._is(part.expr, holds, chain)
        if isinstance(part, Vector) and chain < _LONGEST_CHAIN:
            expressions = self.expressions(part)
            return bool(expressions) and all(self._is(one, holds, chain + 1) for one in expressions)
        return False

    def _worked_out(self, name: str) -> tuple[Labels, ...]:
        """By rule; nothing where one of them cannot be read."""
        found = tuple(
            self._of_rule(place.group, place.rule, tree(place.rule.expression))
            for place in self._places.get(name, ())
            if place.rule.expression is not None
        )
        return found if len(found) == len(self._places.get(name, ())) else ()

    def _of_rule(self, group: Group, rule: Rule, root: Node) -> Labels:
        labels = self.flow(root)
        if self._external:
            for name in self._external:  # whoever reads the series from further away sees them with these
                labels = labelled(labels, name, None)
        else:
            labels = _opened(labels, root)
        for name, value in _own_labels(group, rule).items():
            labels = labelled(labels, name, value)
        return labels


def parsed(context: Context) -> Iterator[tuple[Rule, Node]]:
    """Every rule whose expression can be read, with that."""
    for _, _, rule in context.rules():
        if rule.expression is not None:
            yield rule, tree(rule.expression)


def brief(node: Node) -> str:
    """A part of an expression as messages quote it, cut where it is long."""
    text = print_tree(node)
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def without_numbers(node: Node) -> Node:
    """What is left of a part without signs, arithmetic with numbers, and functions that only change labels or round."""
    while True:
        match node:
            case Negative(expr):
                node = expr
            case Call(name, args) if name in _RELABELLING:
                node = args[0]
            case Binary(op="*" | "/" | "+" | "-", left=left, right=Number()):
                node = left
            case Binary(op="*" | "+" | "-", left=Number(), right=right):
                node = right
            case _:
                return node


def _may_be_meant(labels: Labels, matchers: Iterable[LabelMatcher]) -> bool:
    return not any(
        one.name in labels.fixed and accepts(one, labels.fixed[one.name]) is False for one in matchers
    )


def _opened(labels: Labels, root: Node) -> Labels:
    """The labels where any external label may come on top: missing for sure are only those that scrapes give."""
    gone = {name: labels.reason(name) or root for name in _SCRAPED if labels.lacks(name)}
    return Labels(sure=labels.sure, fixed=labels.fixed, lacking=gone)


def _gives_quantile(node: Node) -> bool:
    match node:
        case Call(name="histogram_quantile" | "quantile_over_time"):
            return True
        case Vector(matchers=matchers):
            return any(one.name == "quantile" and one.op == "=" and one.value for one in matchers)
    return False


def _own_labels(group: Group, rule: Rule) -> dict[str, str]:
    """The labels that the rule sets itself; those of its group are set where it has none of the name."""
    common = group.fields.get("labels")
    inherited = (
        {str(name): str(value) for name, value in common.items()} if isinstance(common, Mapping) else {}
    )
    return {**inherited, **rule.labels}
