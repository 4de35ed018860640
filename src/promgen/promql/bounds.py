"""Between which numbers the values of an expression lie, whatever is measured: a count is never 0, `up` is 0 or 1."""

from __future__ import annotations

import math
from typing import NamedTuple

from promgen.promql.shape import CHOOSING
from promgen.promql.tree import Aggregate, Binary, Call, Negative, Node, Number, Subquery, Vector


class Bounds(NamedTuple):
    """The least and the greatest value; NaN may come besides."""

    low: float = -math.inf
    high: float = math.inf

    @property
    def is_constant(self) -> bool:
        return self.low == self.high


_ANY = Bounds()
_ONE = Bounds(1, 1)
_ZERO_OR_ONE = Bounds(0, 1)
_POSITIVE = Bounds(0, math.inf)
_COUNT = Bounds(1, math.inf)

_METRICS = {"up": _ZERO_OR_ONE, "ALERTS": _ONE}
_CALLS = {
    "absent": _ONE,
    "absent_over_time": _ONE,
    "present_over_time": _ONE,
    "count_over_time": _COUNT,
    "histogram_fraction": _ZERO_OR_ONE,
    "sgn": Bounds(-1, 1),
    "hour": Bounds(0, 23),
    "minute": Bounds(0, 59),
    "day_of_week": Bounds(0, 6),
    "day_of_month": Bounds(1, 31),
    "days_in_month": Bounds(28, 31),
    "month": Bounds(1, 12),
    "pi": Bounds(math.pi, math.pi),
    **dict.fromkeys(["rate", "irate", "increase", "changes", "resets", "abs"], _POSITIVE),
    **dict.fromkeys(["stddev_over_time", "stdvar_over_time", "sqrt", "exp"], _POSITIVE),
}
_AGGREGATIONS = {"count": _COUNT, "group": _ONE, "stddev": _POSITIVE, "stdvar": _POSITIVE}
_SAME = CHOOSING | {"min", "max", "avg"}
_SAME_CALLS = frozenset({"vector", "scalar", "sort", "sort_desc", "label_replace", "label_join"}) | frozenset(
    f"{part}_over_time" for part in ("min", "max", "avg", "last", "first")
)


def bounds(node: Node) -> Bounds:
    """The narrowest bounds that are certain."""
    match node:
        case Number(value):
            return _ANY if math.isnan(value) else Bounds(value, value)
        case Vector(metric):
            return _METRICS.get(metric or "", _ANY)
        case Subquery(expr):
            return bounds(expr)
        case Negative(expr):
            low, high = bounds(expr)
            return Bounds(-high, -low)
        case Call():
            return _of_call(node)
        case Aggregate(op, expr):
            return _of_aggregation(op, expr)
        case Binary():
            return _of_operator(node)
    return _ANY


def never_holds(node: Binary) -> bool:
    """Whether a comparison is surely false for all series."""
    if not node.is_comparison:
        return False
    if any(isinstance(side, Number) and math.isnan(side.value) for side in (node.left, node.right)):
        return node.op != "!="
    left, right = bounds(node.left), bounds(node.right)
    match node.op:
        case ">":
            return left.high <= right.low
        case ">=":
            return left.high < right.low
        case "<":
            return left.low >= right.high
        case "<=":
            return left.low > right.high
        case "==":
            return left.high < right.low or right.high < left.low
    return left.is_constant and left == right


def _of_call(node: Call) -> Bounds:
    if node.name in _SAME_CALLS:
        return bounds(node.args[0])
    if node.name in {"clamp_min", "clamp_max", "clamp"}:
        return _clamped(node)
    if node.name == "sum_over_time":
        return _POSITIVE if bounds(node.args[0]).low >= 0 else _ANY
    return _CALLS.get(node.name, _ANY)


def _clamped(node: Call) -> Bounds:
    low, high = bounds(node.args[0])
    if node.name != "clamp_max":
        least = bounds(node.args[1]).low
        low, high = max(low, least), max(high, least)
    if node.name != "clamp_min":
        most = bounds(node.args[-1]).high
        low, high = min(low, most), min(high, most)
    return Bounds(low, high)


def _of_aggregation(op: str, expr: Node) -> Bounds:
    if op in _SAME:
        return bounds(expr)
    if op == "sum":
        return _POSITIVE if bounds(expr).low >= 0 else _ANY
    return _AGGREGATIONS.get(op, _ANY)


def _of_operator(node: Binary) -> Bounds:
    if node.returns_bool:
        return _ZERO_OR_ONE
    left, right = bounds(node.left), bounds(node.right)
    match node.op:
        case "and" | "unless":
            return left
        case "or":
            return Bounds(min(left.low, right.low), max(left.high, right.high))
        case "+":
            return _ordered(left.low + right.low, left.high + right.high)
        case "-":
            return _ordered(left.low - right.high, left.high - right.low)
        case "*" | "/" if right.is_constant and 0 < right.low < math.inf:
            factor = right.low if node.op == "*" else 1 / right.low
            return Bounds(left.low * factor, left.high * factor)
    return _compared(node.op, left, right)


def _compared(op: str, left: Bounds, right: Bounds) -> Bounds:
    """What a comparison lets through, or nothing known for other operators."""
    match op:
        case ">" | ">=":
            return Bounds(max(left.low, right.low), left.high)
        case "<" | "<=":
            return Bounds(left.low, min(left.high, right.high))
        case "==":
            return Bounds(max(left.low, right.low), min(left.high, right.high))
        case "!=":
            return left
    return _ANY


def _ordered(low: float, high: float) -> Bounds:
    """Bounds of a sum; infinities of both signs leave nothing certain."""
    return Bounds(-math.inf if math.isnan(low) else low, math.inf if math.isnan(high) else high)
