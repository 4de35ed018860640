"""Which labels the series of a result have: surely, perhaps, or surely not.

Follows labels from the selectors through functions, aggregations and operators. It claims only what holds whatever the
server has; that a label is missing on a measured series is never known, that an aggregation removed it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from promgen.promql.examples import matches
from promgen.promql.labels import LabelMatcher
from promgen.promql.regexes import compiled
from promgen.promql.shape import CHOOSING
from promgen.promql.tree import (
    Aggregate,
    Binary,
    Call,
    Matching,
    Negative,
    Node,
    Number,
    String,
    Subquery,
    Vector,
)

_SCALARS = frozenset({"time", "pi", "scalar"})
_ABSENCE = frozenset({"absent", "absent_over_time"})
_REFERENCE = re.compile(r"\$(?:\w+|\{\w+\})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What is certain about the labels of every series of a result."""

    possible: frozenset[str] | None = None
    """No series has any other label; None where there may be any."""
    sure: frozenset[str] = frozenset()
    fixed: Mapping[str, str] = field(default_factory=dict)
    """Labels that have the same value on all series; each of them is sure."""
    lacking: Mapping[str, Node] = field(default_factory=dict)
    """Labels that no series has, each with the part of the expression that took it away."""
    closed_by: Node | None = None
    """The part that left no other labels than the possible ones."""

    def has(self, label: str) -> bool:
        """Whether every series surely has it."""
        return label in self.sure

    def lacks(self, label: str) -> bool:
        """Whether surely no series has it."""
        return label in self.lacking or (self.possible is not None and label not in self.possible)

    def reason(self, label: str) -> Node | None:
        """The part of the expression that took a lacking label away."""
        return self.lacking.get(label, self.closed_by)


Known = Callable[[Vector], Labels | None]
"""What is known of the series of a selector before its matchers; None where nothing is."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Answers for every part of many expressions, each worked out once."""

    known: Known
    _found: dict[int, tuple[Node, Labels]] = field(default_factory=dict)
    """By identity, as comparing parts would take time with the square of the depth; the part is kept so that it lives."""

    def of(self, node: Node) -> Labels:
        """The labels of what a part evaluates to; a scalar has none."""
        found = self._found.get(id(node))
        if found is None:
            found = self._found[id(node)] = (node, self._worked_out(node))
        return found[1]

    def _worked_out(self, node: Node) -> Labels:
        match node:
            case Number() | String():
                return _none(node)
            case Vector():
                return _of_selector(node, self.known(node))
            case Subquery(expr) | Negative(expr):
                return self.of(expr)
            case Call():
                return self._of_call(node)
            case Aggregate():
                return _of_aggregation(node, self.of(node.expr))
        return _of_operator(node, self.of(node.left), self.of(node.right))

    def _of_call(self, node: Call) -> Labels:
        if node.name in _ABSENCE:
            return _of_absence(node)
        series = next((found for found in node.args if not is_scalar(found)), None)
        if series is None or node.name == "scalar":
            return _none(node)
        return _of_function(node, self.of(series))


def flow(node: Node, known: Known) -> Labels:
    """The labels of what one expression evaluates to."""
    return Flow(known).of(node)


def labelled(labels: Labels, name: str, value: str | None) -> Labels:
    """The labels after a rule has set one to a value, which removes it if empty; None where it may be set elsewhere."""
    if value is None:
        return labels if labels.has(name) else _doubtful(labels, name)
    if value:
        return _given(labels, name, value)
    kept = None if labels.possible is None else labels.possible - {name}
    return replace(
        labels,
        possible=kept,
        sure=labels.sure - {name},
        fixed={known: own for known, own in labels.fixed.items() if known != name},
    )


def is_scalar(node: Node) -> bool:
    """Whether a part is a number (or a string) and no series."""
    match node:
        case Number() | String():
            return True
        case Negative(expr):
            return is_scalar(expr)
        case Binary(left=left, right=right):
            return is_scalar(left) and is_scalar(right)
        case Call(name):
            return name in _SCALARS
    return False


def is_matched(label: str, matching: Matching) -> bool:
    """Whether two sides must agree in a label to find each other."""
    return matching.labels is None or (label in matching.labels) == matching.on


def _none(node: Node) -> Labels:
    return Labels(possible=frozenset(), closed_by=node)


def _of_selector(node: Vector, known: Labels | None) -> Labels:
    labels = Labels()
    if known is not None:
        # The reason for a missing label has to be a part of this expression, so the selector stands for its recording.
        closed_by = None if known.possible is None else node
        labels = replace(known, lacking=dict.fromkeys(known.lacking, node), closed_by=closed_by)
    for matcher in node.matchers:
        labels = _restricted(labels, matcher, node)
    return labels


def _restricted(labels: Labels, matcher: LabelMatcher, node: Node) -> Labels:
    name = matcher.name
    if matcher.op == "=" and matcher.value:
        return _given(labels, name, matcher.value)
    if matcher.op == "=" or (matcher.op == "=~" and not matcher.value):
        return _without(labels, [name], node)
    return _given(labels, name) if _demands(matcher) else labels


def _of_function(node: Call, labels: Labels) -> Labels:
    match node.name:
        case "label_replace":
            return _replaced(node, labels)
        case "label_join":
            return _joined(node, labels)
        case "histogram_quantile" | "histogram_fraction":
            return _without(labels, ["le"], node)
        case "histogram_quantiles":
            return _given(_without(labels, ["le"], node), _text(node.args[1]))
        case "info":
            return Labels(sure=labels.sure, fixed=labels.fixed)
    return labels


def _of_absence(node: Call) -> Labels:
    """`absent()` invents one series with the values that the selector demands."""
    argument = node.args[0]
    matchers = argument.matchers if isinstance(argument, Vector) else ()
    names = [matcher.name for matcher in matchers]
    fixed = {
        matcher.name: matcher.value
        for matcher in matchers
        if matcher.op == "=" and matcher.value and names.count(matcher.name) == 1
    }
    # Which of several matchers of one label counts depends on their order.
    unclear = {name for name in names if names.count(name) > 1}
    return Labels(possible=frozenset(fixed) | unclear, sure=frozenset(fixed), fixed=fixed, closed_by=node)


def _replaced(node: Call, labels: Labels) -> Labels:
    """`label_replace(series, target, replacement, source, pattern)`."""
    target, replacement, source, pattern = map(_text, node.args[1:])
    has_text = bool(_REFERENCE.sub("", replacement))
    always = pattern in {".*", "(.*)"} or ((not source or labels.lacks(source)) and _matches_nothing(pattern))
    if always and not replacement:
        return _without(labels, [target], node)
    if has_text and always:
        is_fixed = "$" not in replacement
        return _given(labels, target, replacement if is_fixed else None)
    if has_text and labels.has(target):
        return _given(labels, target)
    return _doubtful(labels, target)


def _joined(node: Call, labels: Labels) -> Labels:
    """`label_join(series, target, separator, sources…)`."""
    target, separator, *sources = map(_text, node.args[1:])
    if any(map(labels.has, sources)) or (separator and len(sources) > 1):
        return _given(labels, target)
    return _without(labels, [target], node) if all(map(labels.lacks, sources)) else _doubtful(labels, target)


def _of_aggregation(node: Aggregate, labels: Labels) -> Labels:
    if node.op in CHOOSING:
        return labels
    keep = _without if node.without else _only
    kept = keep(labels, node.labels or (), node)
    return _given(kept, _text(node.param)) if node.op == "count_values" and node.param else kept


def _of_operator(node: Binary, left: Labels, right: Labels) -> Labels:
    if is_scalar(node.left):
        return right
    if is_scalar(node.right) or node.op in {"and", "unless"}:
        return left
    if node.op == "or":
        return united_labels((left, right))
    matching = node.matching
    if matching.group == "left":
        return _with_included(left, right, matching)
    if matching.group == "right":
        return _with_included(right, left, matching)
    if matching.labels is None:
        return _agreed(left, right)
    if matching.on:
        return _agreed(_only(left, matching.labels, node), _only(right, matching.labels, node))
    return _agreed(_without(left, matching.labels, node), _without(right, matching.labels, node))


def _with_included(many: Labels, one: Labels, matching: Matching) -> Labels:
    for label in matching.include:
        if one.has(label):
            many = _given(many, label, one.fixed.get(label))
        elif one.lacks(label):
            reason = one.reason(label)
            many = _without(many, [label], reason) if reason is not None else many
        else:
            many = _doubtful(many, label)
    return many


def united_labels(parts: Iterable[Labels]) -> Labels:
    """What holds for the series of all parts together; there is at least one part."""
    first, *others = parts
    for other in others:
        first = _either(first, other)
    return first


def _either(one: Labels, other: Labels) -> Labels:
    closed = one.possible is not None and other.possible is not None
    return Labels(
        possible=(one.possible or frozenset()) | (other.possible or frozenset()) if closed else None,
        sure=one.sure & other.sure,
        fixed={name: value for name, value in one.fixed.items() if other.fixed.get(name) == value},
        lacking={
            name: reason
            for name in {*one.lacking, *other.lacking}
            if one.lacks(name) and other.lacks(name) and (reason := one.reason(name) or other.reason(name))
        },
        closed_by=one.closed_by if closed else None,
    )


def _agreed(one: Labels, other: Labels) -> Labels:
    """The labels of series that are equal in all of them."""
    known = [found.possible for found in (one, other) if found.possible is not None]
    possible = frozenset.intersection(*known) if known else None
    sure = one.sure | other.sure
    return Labels(
        possible=possible,
        sure=sure if possible is None else sure & possible,
        fixed={**other.fixed, **one.fixed},
        lacking={**other.lacking, **one.lacking},
        closed_by=one.closed_by or other.closed_by,
    )


def _only(labels: Labels, names: Collection[str], by: Node) -> Labels:
    kept = frozenset(names)
    return Labels(
        possible=frozenset(name for name in kept if not labels.lacks(name)),
        sure=labels.sure & kept,
        fixed={name: value for name, value in labels.fixed.items() if name in kept},
        lacking={name: reason for name in kept if labels.lacks(name) and (reason := labels.reason(name))},
        closed_by=by,
    )


def _without(labels: Labels, names: Collection[str], by: Node) -> Labels:
    gone = frozenset(names)
    return replace(
        labels,
        possible=None if labels.possible is None else labels.possible - gone,
        sure=labels.sure - gone,
        fixed={name: value for name, value in labels.fixed.items() if name not in gone},
        lacking={**dict.fromkeys(gone, by), **labels.lacking},
    )


def _given(labels: Labels, name: str, value: str | None = None) -> Labels:
    """The same with a label that every series has."""
    fixed = {known: own for known, own in labels.fixed.items() if known != name}
    return replace(
        _doubtful(labels, name),
        sure=labels.sure | {name},
        fixed=fixed if value is None else {**fixed, name: value},
    )


def _doubtful(labels: Labels, name: str) -> Labels:
    """The same with a label that some series may have."""
    return replace(
        labels,
        possible=None if labels.possible is None else labels.possible | {name},
        sure=labels.sure - {name},
        fixed={known: value for known, value in labels.fixed.items() if known != name},
        lacking={known: reason for known, reason in labels.lacking.items() if known != name},
    )


def _demands(matcher: LabelMatcher) -> bool:
    """Whether a matcher refuses series without its label."""
    try:
        return not matches([matcher], {})
    except ValueError:
        return False


def _matches_nothing(pattern: str) -> bool:
    """Whether a pattern matches the empty text."""
    try:
        return compiled(pattern).fullmatch("") is not None
    except ValueError:
        return False


def _text(node: Node) -> str:
    return node.value if isinstance(node, String) else ""
