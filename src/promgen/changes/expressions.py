"""How two expressions differ, in words: thresholds, windows, matchers. Layout, comments and the order of matchers and of
grouping labels are no difference.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Literal, NamedTuple

from promgen.base.conventions import ERROR_RATIO
from promgen.base.decimals import format_decimal
from promgen.base.durations import Duration
from promgen.base.quantities import unit_of_metric
from promgen.changes.difference import Change, Effect
from promgen.promql import (
    Aggregate,
    Binary,
    Call,
    Expression,
    ExpressionError,
    LabelMatcher,
    Matching,
    Negative,
    Node,
    Number,
    Subquery,
    Times,
    Vector,
    measured_metric,
    operands,
    parse,
    print_tree,
    selectors,
    tree,
    with_operand,
)

Sense = Literal[-1, 0, 1]
"""Whether more results of a part give more alerts (1) or fewer (-1); 0 where that is not certain."""

_MOST_PARTS = 8
"""More differences than this read worse than both expressions as a whole."""
_SWAPPED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}
_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right if right else math.nan,
}


def compare_expressions(before: str, after: str, *, is_alert: bool = False) -> tuple[Change, ...]:
    """What differs; nothing for two texts of one meaning. Thresholds of an alert say whether it became looser.

    A text that is no PromQL, such as a newer server's, is compared as it stands.
    """
    if before == after:
        return ()
    try:
        old, new = parse(before), parse(after)
    except ExpressionError:
        return (Change("expression", before, after),)
    if old == new:
        return ()
    if _has_alternatives(old) or _has_alternatives(new):
        return (Change("expression", old.canonical, new.canonical),)
    trees = _sorted(tree(old)), _sorted(tree(new))
    if trees[0] == trees[1]:
        return ()
    found = _certain(dict.fromkeys(_compare(*trees, 1 if is_alert else 0)))
    return found if 0 < len(found) <= _MOST_PARTS else (Change("expression", old.canonical, new.canonical),)


def _certain(found: Iterable[Change]) -> tuple[Change, ...]:
    """Without effects where something else differs too, whose effect nobody knows."""
    changes = tuple(found)
    if all(change.effect is not None for change in changes):
        return changes
    return tuple(change._replace(effect=None) for change in changes)


def format_number(value: Decimal, unit: str) -> str:
    """A number in a unit, a ratio as a percentage.

    >>> format_number(Decimal("0.001"), "ratio"), format_number(Decimal("0.5"), "seconds")
    ('0.1%', '0.5 seconds')
    """
    if unit == "ratio":
        return format_decimal(value * 100) + "%"
    return format_decimal(value) + (f" {unit}" if unit not in {"", "count"} else "")


def tightening(operator: str, before: Decimal | float, after: Decimal | float) -> Effect | None:
    """What another threshold does to an alert that fires while a value is `operator` the threshold."""
    if operator.rstrip("=") not in {">", "<"} or not (after > before or after < before):
        return None
    return Effect.LOOSER if (after > before) == operator.startswith(">") else Effect.TIGHTER


def _has_alternatives(expression: Expression) -> bool:
    """Whether a selector has several branches, which the tree does not show."""
    return any(selector.alternatives for selector in selectors(expression))


def _sorted(node: Node) -> Node:
    """The tree with those labels sorted whose order means nothing."""
    for place, operand in enumerate(operands(node)):
        node = with_operand(node, place, _sorted(operand))
    match node:
        case Aggregate(labels=tuple() as labels):
            return replace(node, labels=tuple(sorted(set(labels))))
        case Binary(matching=Matching(labels=labels, include=include) as found) if found != Matching():
            return replace(node, matching=replace(found, labels=_set(labels), include=_set(include) or ()))
    return node


def _set(labels: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if labels is None else tuple(sorted(set(labels)))


def _compare(old: Node, new: Node, sense: Sense) -> Iterator[Change]:
    if old == new:
        return
    numbers = _constant(old), _constant(new)
    if numbers[0] is not None and numbers[1] is not None:
        yield Change("number", _number(numbers[0], ""), _number(numbers[1], ""))
    elif type(old) is not type(new) or len(operands(old)) != len(operands(new)):
        yield Change("expression", print_tree(old), print_tree(new))
    else:
        yield from _compare_alike(old, new, sense)


def _compare_alike(old: Node, new: Node, sense: Sense) -> Iterator[Change]:
    match old, new:
        case Binary(), Binary():
            yield from _compare_binaries(old, new, sense)
            return
        case Vector(), Vector():
            yield from _compare_vectors(old, new)
        case Subquery(), Subquery():
            yield from _differing("step", _time(old.step_ms), _time(new.step_ms))
            yield from _compare_times(old.times, new.times)
        case Call(), Call():
            yield from _differing("function", old.name, new.name)
        case Aggregate(), Aggregate():
            yield from _differing("aggregation", old.op, new.op)
            yield from _differing("grouping", _grouping(old), _grouping(new))
        case Negative(), Negative():
            pass
        case _:
            yield Change("expression", print_tree(old), print_tree(new))
    yield from _compare_operands(old, new, (0, 0))


def _compare_operands(old: Node, new: Node, senses: Sequence[Sense]) -> Iterator[Change]:
    for place, pair in enumerate(zip(operands(old), operands(new), strict=True)):
        yield from _compare(*pair, senses[place] if place < len(senses) else 0)


# --- operators


class _Limit(NamedTuple):
    """A comparison of something with a number, as `value operator number`."""

    value: Node
    operator: str
    number: float


def _compare_binaries(old: Binary, new: Binary, sense: Sense) -> Iterator[Change]:
    if (limits := _limits(old, new)) is not None:
        yield from _compare_limits(*limits, 0 if old.returns_bool or new.returns_bool else sense)
        senses: tuple[Sense, Sense] = (0, 0)
    else:
        yield from _differing("operator", old.op, new.op)
        senses = _senses(old, sense) if old.op == new.op else (0, 0)
        yield from _compare_operands(old, new, senses)
    yield from _differing("matching", _matching(old), _matching(new))
    yield from _differing("bool", _yes(old.returns_bool), _yes(new.returns_bool))


def _limits(old: Binary, new: Binary) -> tuple[_Limit, _Limit] | None:
    limits = _limit(old), _limit(new)
    return None if limits[0] is None or limits[1] is None else (limits[0], limits[1])


def _limit(node: Binary) -> _Limit | None:
    if not node.is_comparison:
        return None
    if (number := _constant(node.right)) is not None:
        return _Limit(node.left, node.op, number)
    if (number := _constant(node.left)) is not None:
        return _Limit(node.right, _SWAPPED.get(node.op, node.op), number)
    return None


def _compare_limits(old: _Limit, new: _Limit, sense: Sense) -> Iterator[Change]:
    yield from _compare(old.value, new.value, 0)
    yield from _differing("comparison", old.operator, new.operator)
    if old.number != new.number:
        unit = _unit(new.value)
        effect = tightening(new.operator, old.number, new.number) if old.operator == new.operator else None
        texts = _number(old.number, unit), _number(new.number, unit)
        yield Change("threshold", *texts, _in_sense(effect, sense))


def _in_sense(effect: Effect | None, sense: Sense) -> Effect | None:
    if effect is None or sense == 0:
        return None
    opposite = Effect.LOOSER if effect is Effect.TIGHTER else Effect.TIGHTER
    return effect if sense == 1 else opposite


def _senses(node: Binary, sense: Sense) -> tuple[Sense, Sense]:
    """Of both sides of a set operator; `or` with labels may hide what it takes from the right side."""
    if node.op == "and" or (node.op == "or" and node.matching.labels is None):
        return sense, sense
    if node.op == "unless":
        against: dict[Sense, Sense] = {1: -1, 0: 0, -1: 1}
        return sense, against[sense]
    return 0, 0


def _constant(node: Node) -> float | None:
    """The number that an expression of numbers alone is."""
    match node:
        case Number(value):
            return value
        case Negative(expr):
            negated = _constant(expr)
            return None if negated is None else -negated
        case Binary(op, left, right) if op in _ARITHMETIC:
            numbers = _constant(left), _constant(right)
            if numbers[0] is not None and numbers[1] is not None:
                return _ARITHMETIC[op](numbers[0], numbers[1])
    return None


def _unit(node: Node) -> str:
    """The unit of a value, as far as the name of its metric says it."""
    metric = measured_metric(parse(print_tree(node))) or ""
    return "ratio" if metric.startswith(ERROR_RATIO) else unit_of_metric(metric) or ""


def _number(value: float, unit: str) -> str:
    return format_number(Decimal(f"{value:.12g}"), unit) if math.isfinite(value) else str(value)


def _matching(node: Binary) -> str:
    found = node.matching
    shape = replace(Binary("/", Number(1), Number(1)), matching=found)
    return print_tree(shape).removeprefix("1 /").removesuffix("1").strip()


# --- selectors


def _compare_vectors(old: Vector, new: Vector) -> Iterator[Change]:
    yield from _differing("metric", old.metric or "", new.metric or "")
    gone = [matcher for matcher in old.matchers if matcher not in new.matchers]
    come = [matcher for matcher in new.matchers if matcher not in old.matchers]
    for name in sorted({matcher.name for matcher in (*gone, *come)}):
        yield Change(f"matcher of {new.metric or 'any metric'}", _matchers(gone, name), _matchers(come, name))
    yield from _compare_times(old.times, new.times)


def _matchers(found: Iterable[LabelMatcher], name: str) -> str | None:
    return ", ".join(str(matcher) for matcher in found if matcher.name == name) or None


def _compare_times(old: Times, new: Times) -> Iterator[Change]:
    yield from _differing("window", _range(old), _range(new))
    yield from _differing("offset", _time(old.offset_ms), _time(new.offset_ms))
    yield from _differing("@", old.at, new.at)


def _range(times: Times) -> str:
    return "$window" if times.has_window else _time(times.range_ms)


def _time(ms: int | None) -> str:
    if not ms:
        return ""
    return str(Duration(ms)) if ms > 0 else f"-{Duration(-ms)}"


def _grouping(node: Aggregate) -> str:
    if node.labels is None:
        return ""
    return f"{'without' if node.without else 'by'} ({', '.join(node.labels)})"


def _yes(is_set: bool) -> str:
    return "yes" if is_set else ""


def _differing(field: str, before: str, after: str) -> Iterator[Change]:
    if before != after:
        yield Change(field, before or None, after or None)
