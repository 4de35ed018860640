"""Expressions as plain data, to walk with `match`, to change a part of, and to print again.

The library's nodes stay inside this package; whoever asks more of an expression than its selectors takes this tree.
Parentheses are not in it: they follow from the structure when it is printed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from typing import assert_never

import promql_parser

from promgen.base.durations import Duration
from promgen.promql.labels import LabelMatcher, format_labels, format_selector
from promgen.promql.library import WINDOW_MS
from promgen.promql.parse import Expression
from promgen.promql.selectors import selector_of
from promgen.promql.shape import aggregation_of, operator_of
from promgen.promql.strings import quote
from promgen.promql.tokens import COMPARISONS
from promgen.promql.window import WINDOW


@dataclass(frozen=True, slots=True)
class Number:
    """A literal; `-Inf` and `NaN` too."""

    value: float


@dataclass(frozen=True, slots=True)
class String:
    """A literal."""

    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The range, offset and `@` of a selector or subquery, in milliseconds; `range_ms` is None without a range."""

    range_ms: int | None = None
    offset_ms: int = 0
    at: str = ""
    """`start()`, `end()` or a Unix time in seconds."""
    has_window: bool = False
    """Whether the range is `$window`; `range_ms` is then without meaning."""


@dataclass(frozen=True, slots=True)
class Vector:
    """A selector of series, with a range or without."""

    metric: str | None
    matchers: tuple[LabelMatcher, ...]
    times: Times = Times()


@dataclass(frozen=True, slots=True)
class Subquery:
    """An expression over time; without a step it is the server's evaluation interval."""

    expr: Node
    times: Times
    step_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments."""

    name: str
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An aggregation; `labels` is None where it has neither `by` nor `without`."""

    op: str
    expr: Node
    labels: tuple[str, ...] | None = None
    without: bool = False
    param: Node | None = None


@dataclass(frozen=True, slots=True)
class Matching:
    """How the series of both sides find each other; `labels` is None without `on` and `ignoring`."""

    labels: tuple[str, ...] | None = None
    on: bool = False
    group: str = ""
    """`left` or `right`: the side with many series."""
    include: tuple[str, ...] = ()
    """Labels that the side with many takes from the other."""


@dataclass(frozen=True, slots=True)
class Binary:
    """An operator between two sides."""

    op: str
    left: Node
    right: Node
    matching: Matching = Matching()
    returns_bool: bool = False

    @property
    def is_comparison(self) -> bool:
        return self.op in COMPARISONS


@dataclass(frozen=True, slots=True)
class Negative:
    """A minus sign before an expression."""

    expr: Node


Node = Number | String | Vector | Subquery | Call | Aggregate | Binary | Negative

_PRECEDENCE = {"or": 1, "and": 2, "unless": 2, **dict.fromkeys(COMPARISONS, 3), "+": 4, "-": 4}
_PRODUCTS, _SIGN, _POWER = 5, 6, 7
CACHED = 65_536
"""How many trees are remembered: everything that a run of the checks over tens of thousands of rules looks at again."""
_MILLISECOND = timedelta(milliseconds=1)
_GROUP_SIDES = {"ManyToOne": "left", "OneToMany": "right"}


@lru_cache(maxsize=CACHED)
def tree(expression: Expression) -> Node:
    """The expression as plain data."""
    return _read(expression.node)


def operands(node: Node) -> tuple[Node, ...]:
    """The parts a node is made of, in the order of the text."""
    match node:
        case Number() | String() | Vector():
            return ()
        case Subquery(expr) | Negative(expr):
            return (expr,)
        case Call(args=args):
            return args
        case Aggregate(expr=expr, param=param):
            return (expr,) if param is None else (param, expr)
        case Binary(left=left, right=right):
            return (left, right)
    assert_never(node)


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, in the order of the text."""
    waiting = [node]
    while waiting:
        found = waiting.pop()
        yield found
        waiting.extend(reversed(operands(found)))


def replacements(node: Node, propose: Callable[[Node], Iterable[Node]]) -> Iterator[Node]:
    """The whole tree with one part exchanged, for every part and everything proposed in its place."""
    yield from propose(node)
    for place, operand in enumerate(operands(node)):
        for changed in replacements(operand, propose):
            yield with_operand(node, place, changed)


def with_operand(node: Node, place: int, operand: Node) -> Node:
    """The node with another operand at a place of `operands`."""
    match node:
        case Subquery() | Negative():
            return replace(node, expr=operand)
        case Call(args=args):
            return replace(node, args=(*args[:place], operand, *args[place + 1 :]))
        case Aggregate(param=param):
            is_param = param is not None and place == 0
            return replace(node, param=operand) if is_param else replace(node, expr=operand)
        case Binary():
            return replace(node, left=operand) if place == 0 else replace(node, right=operand)
    raise ValueError(f"{node} has no operands")


def print_tree(node: Node) -> str:
    """The tree as PromQL on one line; parsing it gives an equal tree."""
    match node:
        case Number(value):
            return _number(value)
        case String(value):
            return quote(value)
        case Vector(metric, matchers, times):
            return format_selector(metric, matchers) + _times(times)
        case Subquery(expr, times, step):
            inner = (
                f"({print_tree(expr)})"
                if isinstance(expr, Binary | Negative | Subquery)
                else print_tree(expr)
            )
            return inner + _times(times, ":" + (str(Duration(step)) if step is not None else ""))
        case Call(name, args):
            return f"{name}({', '.join(map(print_tree, args))})"
        case Aggregate():
            return _aggregate(node)
        case Binary():
            return _binary(node)
        case Negative(expr):
            return f"-{_inside(expr, _SIGN)}"
    assert_never(node)


def _read(node: promql_parser.Expr) -> Node:
    match node:
        case promql_parser.NumberLiteral():
            return Number(node.val)
        case promql_parser.StringLiteral():
            return String(node.val)
        case promql_parser.ParenExpr():
            return _read(node.expr)
        case promql_parser.UnaryExpr():
            return Negative(_read(node.expr))
        case promql_parser.Call():
            return Call(node.func.name, tuple(map(_read, node.args)))
        case promql_parser.AggregateExpr():
            return _read_aggregate(node)
        case promql_parser.BinaryExpr():
            returns_bool = bool(node.modifier and node.modifier.return_bool)
            return Binary(
                operator_of(node), _read(node.lhs), _read(node.rhs), _read_matching(node), returns_bool
            )
    return _read_series(node)


def _read_series(node: promql_parser.Expr) -> Vector | Subquery:
    match node:
        case promql_parser.VectorSelector():
            return _vector(node, None)
        case promql_parser.MatrixSelector():
            return _vector(node.vector_selector, node.range)
        case promql_parser.SubqueryExpr():
            step = None if node.step is None else node.step // _MILLISECOND
            return Subquery(_read(node.expr), _read_times(node, node.range), step)
    raise TypeError(f"unknown node {type(node).__name__}")


def _vector(node: promql_parser.VectorSelector, range_: timedelta | None) -> Vector:
    found = selector_of(node, range_)
    return Vector(found.metric, found.matchers, _read_times(node, range_))


def _read_times(
    node: promql_parser.VectorSelector | promql_parser.SubqueryExpr, range_: timedelta | None
) -> Times:
    range_ms = None if range_ is None else range_ // _MILLISECOND
    return Times(
        range_ms=range_ms,
        offset_ms=0 if node.offset is None else node.offset // _MILLISECOND,
        at="" if node.at is None else str(node.at).removeprefix("@ "),
        has_window=range_ms == WINDOW_MS,
    )


def _read_aggregate(node: promql_parser.AggregateExpr) -> Aggregate:
    modifier = node.modifier
    is_without = modifier is not None and modifier.type == promql_parser.AggModifierType.Without
    return Aggregate(
        aggregation_of(node),
        _read(node.expr),
        labels=tuple(modifier.labels)
        if modifier and (modifier.labels or is_without)
        else None,  # not of `by ()`
        without=is_without,
        param=None if node.param is None else _read(node.param),
    )


def _read_matching(node: promql_parser.BinaryExpr) -> Matching:
    modifier = node.modifier
    if modifier is None:
        return Matching()
    matching = modifier.matching
    return Matching(
        labels=None if matching is None else tuple(matching.labels),
        on=matching is not None and matching.type == promql_parser.LabelModifierType.Include,
        group=_GROUP_SIDES.get(str(modifier.card).partition(".")[2], ""),
        include=tuple(modifier.group_labels or ()),
    )


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if value in {float("inf"), float("-inf")}:
        return "Inf" if value > 0 else "-Inf"
    return f"{value:.17g}" if float(f"{value:.15g}") != value else f"{value:.15g}"


def _times(times: Times, step: str = "") -> str:
    text = ""
    if times.range_ms is not None:
        text = f"[{WINDOW if times.has_window else Duration(times.range_ms)}{step}]"
    if times.at:
        text += f" @ {times.at}"
    if times.offset_ms:
        sign = "-" if times.offset_ms < 0 else ""
        text += f" offset {sign}{Duration(abs(times.offset_ms))}"
    return text


def _aggregate(node: Aggregate) -> str:
    word = "without" if node.without else "by"
    modifier = "" if node.labels is None else f" {word} ({format_labels(node.labels)}) "
    param = "" if node.param is None else f"{print_tree(node.param)}, "
    return f"{node.op}{modifier}({param}{print_tree(node.expr)})"


def _binary(node: Binary) -> str:
    own = _strength(node)
    # `^` takes its right side first and all others their left side, so the other side of equal strength needs brackets.
    left = _inside(node.left, own + (node.op == "^"))
    right = _inside(node.right, own + (node.op != "^"))
    return f"{left} {node.op}{' bool' if node.returns_bool else ''}{_matching(node.matching)} {right}"


def _matching(matching: Matching) -> str:
    text = ""
    if matching.labels is not None or matching.group:
        word = "on" if matching.on else "ignoring"
        text = f" {word} ({format_labels(matching.labels or ())})"
    if matching.group:
        text += f" group_{matching.group} ({format_labels(matching.include)})"
    return text


def _inside(node: Node, needed: int) -> str:
    text = print_tree(node)
    return f"({text})" if _strength(node) < needed else text


def _strength(node: Node) -> int:
    """How tightly the outermost operator binds; a negative number is written with a sign."""
    if isinstance(node, Binary):
        return _POWER if node.op == "^" else _PRECEDENCE.get(node.op, _PRODUCTS)
    if isinstance(node, Negative) or (
        isinstance(node, Number) and (node.value < 0 or math.isnan(node.value))
    ):
        return _SIGN
    return _POWER + 1
