"""Operators and aggregations on series that are labels and a value, as Prometheus computes them."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from promgen.promql.steady_ranges import Unsteady, deviation, largest, mean, quantile, smallest, variance
from promgen.promql.tokens import SET_OPERATORS
from promgen.promql.tree import Aggregate, Binary, Matching

Labels = tuple[tuple[str, str], ...]
"""Names and values, in the order of the names, none of them empty; the name of the metric is not among them."""


class Valued(NamedTuple):
    """One series of a result."""

    labels: Labels
    value: float


Result = list[Valued] | float
"""Series, or the value of a scalar."""


def _divide(left: float, right: float) -> float:
    if right:
        return left / right
    if not left or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1, right)


def _power(left: float, right: float) -> float:
    try:
        return math.pow(left, right)
    except OverflowError:
        return math.copysign(math.inf, left) if right % 2 else math.inf
    except ValueError:
        return math.nan if left else math.inf


def _modulo(left: float, right: float) -> float:
    return math.fmod(left, right) if right and math.isfinite(left) else math.nan


_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "%": _modulo,
    "^": _power,
    "atan2": math.atan2,
}
COMPARE: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
_AGGREGATIONS: dict[str, Callable[[Sequence[float]], float]] = {
    "sum": sum,
    "avg": mean,
    "min": smallest,
    "max": largest,
    "count": len,
    "group": lambda _: 1.0,
    "stddev": deviation,
    "stdvar": variance,
}


def operate(node: Binary, left: Result, right: Result) -> Result:
    """What an operator makes of its two sides; raise Unsteady where Prometheus would refuse to match them."""
    if isinstance(left, float) and isinstance(right, float):
        return _applied(node, left, right, left) or 0.0
    if isinstance(left, float):
        assert not isinstance(right, float)
        return _kept((one.labels, _applied(node, left, one.value, one.value)) for one in right)
    if isinstance(right, float):
        return _kept((one.labels, _applied(node, one.value, right, one.value)) for one in left)
    if node.op in SET_OPERATORS:
        return _combined(node, left, right)
    return _matched(node, left, right)


def aggregate(node: Aggregate, series: Iterable[Valued], parameter: float | None) -> list[Valued]:
    """What an aggregation makes of series; raise Unsteady for one that is not known here."""
    groups: dict[Labels, list[Valued]] = {}
    for one in series:
        groups.setdefault(_part(one.labels, node.labels, not node.without), []).append(one)
    if node.op in {"topk", "bottomk"} and parameter is not None:
        number = max(int(parameter), 0)
        return [one for group in groups.values() for one in _foremost(group, node.op)[:number]]
    summary = _AGGREGATIONS.get(node.op)
    if node.op == "quantile" and parameter is not None:
        share = parameter
        summary = lambda values: quantile(values, share)  # noqa: E731
    if summary is None:
        raise Unsteady(f"`{node.op}` is not followed")
    return [Valued(labels, float(summary([one.value for one in group]))) for labels, group in groups.items()]


def histogram_quantile(share: float, series: Iterable[Valued]) -> list[Valued]:
    """The quantile of classic histograms, each made of the series that differ in `le` only."""
    histograms: dict[Labels, list[tuple[float, float]]] = {}
    for labels, value in series:
        bound = dict(labels).get("le")
        if bound:
            others = _without(labels, ("le",))
            histograms.setdefault(others, []).append((float(bound.replace("Inf", "inf")), value))
    return [Valued(labels, _quantile(share, sorted(found))) for labels, found in histograms.items()]


def _quantile(share: float, buckets: list[tuple[float, float]]) -> float:
    """Of the counts of buckets by their upper bounds, lowest first."""
    if math.isnan(share):
        return math.nan
    if not 0 <= share <= 1:
        return math.copysign(math.inf, share)
    bounds, counts = [bound for bound, _ in buckets], [count for _, count in buckets]
    if len(buckets) < 2 or bounds[-1] != math.inf or not counts[-1] > 0:
        return math.nan
    if not all(map(math.isfinite, counts)):
        raise Unsteady("a bucket has no finite count")
    for place in range(1, len(counts)):
        counts[place] = max(counts[place], counts[place - 1])
    rank = share * counts[-1]
    place = next(place for place, count in enumerate(counts) if count >= rank)
    if place == len(counts) - 1:
        return bounds[-2]
    if place == 0 and bounds[0] <= 0:
        return bounds[0]
    below, start = (counts[place - 1], bounds[place - 1]) if place else (0.0, 0.0)
    return start + (bounds[place] - start) * _divide(rank - below, counts[place] - below)


def _foremost(group: list[Valued], op: str) -> list[Valued]:
    """The largest or the smallest first; NaN comes last either way."""
    sign = -1 if op == "topk" else 1
    return sorted(group, key=lambda one: (math.isnan(one.value), sign * one.value))


def _applied(node: Binary, left: float, right: float, kept: float) -> float | None:
    """The value of one pair, None where a comparison leaves it out."""
    arithmetic = _ARITHMETIC.get(node.op)
    if arithmetic is not None:
        return arithmetic(left, right)
    holds = COMPARE[node.op](left, right)
    if node.returns_bool:
        return float(holds)
    return kept if holds else None


def _kept(series: Iterable[tuple[Labels, float | None]]) -> list[Valued]:
    return [Valued(labels, value) for labels, value in series if value is not None]


# --- series that belong together


@lru_cache(maxsize=4096)
def _part(labels: Labels, named: Sequence[str] | None, is_only: bool) -> Labels:
    """Only the labels that are named, or all others."""
    named = named or ()
    if "__name__" in named:
        raise Unsteady("the name of the metric is used as a label")
    return _only(labels, named) if is_only else _without(labels, named)


def _signature(labels: Labels, matching: Matching) -> Labels:
    return _part(labels, matching.labels, matching.on)


def _only(labels: Labels, named: Sequence[str]) -> Labels:
    return tuple(label for label in labels if label[0] in named)


def _without(labels: Labels, named: Sequence[str]) -> Labels:
    return tuple(label for label in labels if label[0] not in named)


def _combined(node: Binary, left: list[Valued], right: list[Valued]) -> list[Valued]:
    matching = node.matching
    if node.op == "or":
        present = {_signature(one.labels, matching) for one in left}
        return [*left, *(one for one in right if _signature(one.labels, matching) not in present)]
    there = {_signature(one.labels, matching) for one in right}
    return [one for one in left if (_signature(one.labels, matching) in there) == (node.op == "and")]


def _matched(node: Binary, left: list[Valued], right: list[Valued]) -> list[Valued]:
    matching = node.matching
    is_right = matching.group == "right"
    many, one = (right, left) if is_right else (left, right)
    partners = _by_signature(matching, one)
    if not matching.group:
        many = list(_by_signature(matching, many).values())
    found: list[tuple[Labels, float | None]] = []
    for series in many:
        partner = partners.get(_signature(series.labels, matching))
        if partner is not None:
            first, second = (partner, series) if is_right else (series, partner)
            value = _applied(node, first.value, second.value, first.value)
            found.append((_joined(matching, series.labels, partner.labels), value))
    return _kept(found)


def _by_signature(matching: Matching, series: list[Valued]) -> dict[Labels, Valued]:
    found = {_signature(one.labels, matching): one for one in series}
    if len(found) < len(series):
        raise Unsteady("several series match one on the other side")
    return found


def _joined(matching: Matching, many: Labels, one: Labels) -> Labels:
    """The labels of a pair."""
    if not matching.group:
        return _signature(many, matching)
    if not matching.include:
        return many
    return tuple(sorted((*_without(many, matching.include), *_only(one, matching.include))))
