"""What the recording rules of a run give: the labels of their series, and whether those are rates, ratios or quantiles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from promgen.lint.check import Context
from promgen.lint.matching import accepts
from promgen.lint.rules import Group, Rule
from promgen.lint.series import Place, recorders, vectors
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


class Series:
    """The labels of recorded series, by name."""

    def __init__(self, context: Context) -> None:
        self._external = context.target.external_labels
        self._by_name: dict[str, tuple[Labels, ...]] = {}
        self._by_value: defaultdict[tuple[str, str], dict[str | None, list[Labels]]] = defaultdict(dict)
        self._meant: dict[tuple[str, tuple[LabelMatcher, ...]], Labels | None] = {}
        self.flow = Flow(self.known)
        recording = recorders(context)
        for name in _inputs_first(recording):
            self._by_name[name] = self._worked_out(recording[name])

    def known(self, vector: Vector) -> Labels | None:
        """The labels of a recorded series, by the rules whose own labels it asks for; None where none records it."""
        wanted = vector.metric or "", vector.matchers
        found = self._by_name.get(wanted[0])
        if found is None:
            return None  # also of a rule that reads its own series, while it is worked out
        if wanted not in self._meant:
            candidates = self._candidates(wanted[0], found, vector.matchers)
            meant = [labels for labels in candidates if _may_be_meant(labels, vector.matchers)]
            self._meant[wanted] = united_labels(meant) if meant else None
        return self._meant[wanted]

    def _candidates(
        self, name: str, found: Sequence[Labels], matchers: Iterable[LabelMatcher]
    ) -> Sequence[Labels]:
        """Those that the first matcher with one value leaves, as thousands of rules may record one name."""
        first = next((one for one in matchers if one.op == "="), None)
        if first is None:
            return found
        by_value = self._by_value[name, first.name]
        if not by_value:
            for labels in found:
                by_value.setdefault(labels.fixed.get(first.name), []).append(labels)
        return [*by_value.get(first.value, ()), *by_value.get(None, ())]

    def _worked_out(self, places: Iterable[Place]) -> tuple[Labels, ...]:
        """By rule, those that say the same once; nothing where one of them cannot be read."""
        written = dict.fromkeys(
            (place.rule.expression, _own_labels(place.group, place.rule)) for place in places
        )
        found: dict[Hashable, Labels] = {}
        for expression, own in written:
            if expression is None:
                return ()
            labels = self._of_rule(tree(expression), own)
            found.setdefault(_claims(labels), labels)
        return tuple(found.values())

    def _of_rule(self, root: Node, own: Iterable[tuple[str, str]]) -> Labels:
        labels = self.flow.of(root)
        if self._external:
            for name in self._external:  # whoever reads the series from further away sees them with these
                labels = labelled(labels, name, None)
        else:
            labels = _opened(labels, root)
        for name, value in own:
            labels = labelled(labels, name, value)
        return labels


class Recordings:
    """What recorded series are, by name; what was found out is shared by everybody who asks about one context."""

    def __init__(self, context: Context) -> None:
        self._expressions: Mapping[str, tuple[Node, ...]] = context.once(_expressions)
        self._series = context.once(Series)
        self._kinds: dict[tuple[Callable[[Node], bool], str], bool] = {}
        self._chain = 0

    def known(self, vector: Vector) -> Labels | None:
        """The labels of a recorded series; None where no rule records it, or none that can be read."""
        return self._series.known(vector)

    def flow(self, node: Node) -> Labels:
        """The labels of a part of a rule's expression."""
        return self._series.flow.of(node)

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
        return self._expressions.get(vector.metric or "", ())

    def is_rate(self, node: Node) -> bool:
        """Whether a part says how many events there were, so that it is 0 while nothing happens."""
        return self._is(node, _gives_rate)

    def is_event_ratio(self, node: Node) -> bool:
        """Whether a part is events by events, such as a ratio of errors or a mean latency."""
        return self._is(node, self._divides)

    def is_quantile(self, node: Node) -> bool:
        """Whether a part is a quantile, calculated or of a summary."""
        return self._is(node, _gives_quantile)

    def event_ratio(self, node: Node) -> Binary | None:
        """The division of events by events that a part does, besides arithmetic with numbers."""
        part = without_numbers(node)
        return part if isinstance(part, Binary) and self._divides(part) else None

    def _divides(self, node: Node) -> bool:
        if not isinstance(node, Binary) or node.op != "/":
            return False
        return self.is_rate(node.left) and self.is_rate(node.right)

    def _is(self, node: Node, holds: Callable[[Node], bool]) -> bool:
        """Whether a part, or what is recorded under its name, is of a kind; sums and averages of it are too."""
        part = without_numbers(node)
        while isinstance(part, Aggregate) and part.op in _ROUGHLY_SAME:
            part = without_numbers(part.expr)
        return holds(part) or (isinstance(part, Vector) and self._is_recorded(part, holds))

    def _is_recorded(self, vector: Vector, holds: Callable[[Node], bool]) -> bool:
        asked = holds, vector.metric or ""
        if asked not in self._kinds and self._chain < _LONGEST_CHAIN:
            self._kinds[asked] = False  # what a rule that reads its own series sees
            expressions = self.expressions(vector)
            self._chain += 1
            self._kinds[asked] = bool(expressions) and all(self._is(one, holds) for one in expressions)
            self._chain -= 1
        return self._kinds.get(asked, False)


def _inputs_first(recording: Mapping[str, Collection[Place]]) -> Iterator[str]:
    """The recorded names, each after those that it is calculated from; a circle begins anywhere."""
    begun: set[str] = set()
    done: set[str] = set()
    waiting = list(recording)
    while waiting:
        name = waiting[-1]
        if name not in begun:
            begun.add(name)
            read = {vector.metric or "" for place in recording[name] for vector in vectors(place.rule)}
            waiting += sorted((read & recording.keys()) - begun)
        else:
            waiting.pop()
            if name not in done:
                done.add(name)
                yield name


def _expressions(context: Context) -> dict[str, tuple[Node, ...]]:
    """What is evaluated for each name, each expression once; nothing for one that has a rule which cannot be read."""
    found: dict[str, tuple[Node, ...]] = {}
    for name, places in recorders(context).items():
        written = dict.fromkeys(place.rule.expression for place in places)
        found[name] = tuple(tree(one) for one in written if one is not None) if None not in written else ()
    return found


def parsed(context: Context) -> tuple[tuple[Rule, Node], ...]:
    """Every rule whose expression can be read, with that."""
    return context.once(_parsed)


def _parsed(context: Context) -> tuple[tuple[Rule, Node], ...]:
    return tuple(
        (rule, tree(rule.expression)) for _, _, rule in context.rules() if rule.expression is not None
    )


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


def _claims(labels: Labels) -> Hashable:
    """What labels say, without the reasons, which lie in the expressions of other rules."""
    return labels.possible, labels.sure, frozenset(labels.fixed.items()), frozenset(labels.lacking)


def _may_be_meant(labels: Labels, matchers: Iterable[LabelMatcher]) -> bool:
    return not any(
        one.name in labels.fixed and accepts(one, labels.fixed[one.name]) is False for one in matchers
    )


def _opened(labels: Labels, root: Node) -> Labels:
    """The labels where any external label may come on top: missing for sure are only those that scrapes give."""
    gone = {name: labels.reason(name) or root for name in _SCRAPED if labels.lacks(name)}
    return Labels(sure=labels.sure, fixed=labels.fixed, lacking=gone)


def _gives_rate(node: Node) -> bool:
    return isinstance(node, Call) and node.name in RATES


def _gives_quantile(node: Node) -> bool:
    match node:
        case Call(name="histogram_quantile" | "quantile_over_time"):
            return True
        case Vector(matchers=matchers):
            return any(one.name == "quantile" and one.op == "=" and one.value for one in matchers)
    return False


def _own_labels(group: Group, rule: Rule) -> tuple[tuple[str, str], ...]:
    """The labels that the rule sets itself; those of its group are set where it has none of the name."""
    common = group.fields.get("labels")
    if not isinstance(common, Mapping):
        return tuple(rule.labels.items())
    inherited = {str(name): str(value) for name, value in common.items()}
    return tuple({**inherited, **rule.labels}.items())
