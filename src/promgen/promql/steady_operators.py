"""Operators and aggregations on series that are labels and a value, as Prometheus computes them."""

from __future__ import annotations

import math
import operator
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from promgen.promql.steady_ranges import deviation, largest, mean, quantile, smallest, variance
from promgen.promql.tree import Aggregate, Binary, Matching


class Unsteady(Exception):
    """An expression that cannot be worked out here; the message is the reason, as the end of a sentence."""


class Valued(NamedTuple):
    """One series of a result; labels do not hold the name of the metric."""

    labels: Mapping[str, str]
    value: float


Result = list[Valued] | float
"""Series, or the value of a scalar."""


def _divide(left: float, right: float) -> float:
    if right:
        return left / right
    return (
        math.nan if not left or math.isnan(left) else math.copysign(math.inf, left) * math.copysign(1, right)
    )


def _power(left: float, right: float) -> float:
    try:
        return math.pow(left, right)
    except (OverflowError, ValueError):
        return math.inf if left > 0 else math.nan


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
_SET_OPERATORS = frozenset({"and", "or", "unless"})


def operate(node: Binary, left: Result, right: Result) -> Result:
    """What an operator makes of its two sides; raise Unsteady where Prometheus would refuse to match them."""
    if isinstance(left, float) and isinstance(right, float):
        return _applied(node, left, right, left) or 0.0
    if isinstance(left, float):
        assert not isinstance(right, float)
        return _kept((one.labels, _applied(node, left, one.value, one.value)) for one in right)
    if isinstance(right, float):
        return _kept((one.labels, _applied(node, one.value, right, one.value)) for one in left)
    if node.op in _SET_OPERATORS:
        return _combined(node, left, right)
    return _matched(node, left, right)


def aggregate(node: Aggregate, series: Iterable[Valued], parameter: float | None) -> list[Valued]:
    """What an aggregation makes of series; raise Unsteady for one that is not known here."""
    groups: dict[tuple[tuple[str, str], ...], list[Valued]] = {}
    for one in series:
        groups.setdefault(_group(node, one.labels), []).append(one)
    if node.op in {"topk", "bottomk"} and parameter is not None:
        sign = -1 if node.op == "topk" else 1
        ordered = (sorted(group, key=lambda one: sign * one.value) for group in groups.values())
        return [one for group in ordered for one in group[: int(parameter)]]
    summary = _AGGREGATIONS.get(node.op)
    if node.op == "quantile" and parameter is not None:
        share = parameter
        summary = lambda values: quantile(values, share)  # noqa: E731
    if summary is None:
        raise Unsteady(f"`{node.op}` is not followed")
    return [
        Valued(dict(labels), float(summary([one.value for one in group]))) for labels, group in groups.items()
    ]


def histogram_quantile(share: float, series: Iterable[Valued]) -> list[Valued]:
    """The quantile of classic histograms, each made of the series that differ in `le` only."""
    histograms: dict[tuple[tuple[str, str], ...], list[tuple[float, float]]] = {}
    for one in series:
        bound = one.labels.get("le", "")
        if bound:
            labels = tuple(sorted((name, text) for name, text in one.labels.items() if name != "le"))
            histograms.setdefault(labels, []).append((float(bound.replace("Inf", "inf")), one.value))
    return [Valued(dict(labels), _quantile(share, sorted(found))) for labels, found in histograms.items()]


def _quantile(share: float, buckets: list[tuple[float, float]]) -> float:
    bounds, counts = [bound for bound, _ in buckets], [count for _, count in buckets]
    if len(buckets) < 2 or bounds[-1] != math.inf or not counts[-1] > 0:
        return math.nan
    if not 0 <= share <= 1:
        return math.copysign(math.inf, share)
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


def _group(node: Aggregate, labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    named = node.labels or ()
    if node.without:
        return tuple(sorted((name, text) for name, text in labels.items() if name not in named))
    return tuple((name, labels[name]) for name in sorted(named) if name in labels)


def _applied(node: Binary, left: float, right: float, kept: float) -> float | None:
    """The value of one pair, None where a comparison leaves it out."""
    if node.op in _ARITHMETIC:
        return _ARITHMETIC[node.op](left, right)
    holds = COMPARE[node.op](left, right)
    if node.returns_bool:
        return float(holds)
    return kept if holds else None


def _kept(series: Iterable[tuple[Mapping[str, str], float | None]]) -> list[Valued]:
    return [Valued(labels, value) for labels, value in series if value is not None]


def _signature(matching: Matching, labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    named = matching.labels or ()
    if matching.on:
        return tuple((name, labels.get(name, "")) for name in sorted(named))
    return tuple(sorted((name, text) for name, text in labels.items() if name not in named))


def _combined(node: Binary, left: list[Valued], right: list[Valued]) -> list[Valued]:
    there = {_signature(node.matching, one.labels) for one in right}
    if node.op == "or":
        present = {_signature(node.matching, one.labels) for one in left}
        return [*left, *(one for one in right if _signature(node.matching, one.labels) not in present)]
    return [one for one in left if (_signature(node.matching, one.labels) in there) == (node.op == "and")]


def _matched(node: Binary, left: list[Valued], right: list[Valued]) -> list[Valued]:
    matching = node.matching
    many, one = (right, left) if matching.group == "right" else (left, right)
    partners = _by_signature(matching, one)
    if not matching.group:
        _by_signature(matching, many)
    found: list[tuple[Mapping[str, str], float | None]] = []
    for series in many:
        partner = partners.get(_signature(matching, series.labels))
        if partner is not None:
            first, second = (partner, series) if matching.group == "right" else (series, partner)
            value = _applied(node, first.value, second.value, first.value)
            found.append((_labels(matching, series.labels, partner.labels), value))
    return _kept(found)


def _by_signature(matching: Matching, series: list[Valued]) -> dict[tuple[tuple[str, str], ...], Valued]:
    counted = Counter(_signature(matching, one.labels) for one in series)
    if counted and counted.most_common(1)[0][1] > 1:
        raise Unsteady("several series match one on the other side")
    return {_signature(matching, one.labels): one for one in series}


def _labels(matching: Matching, many: Mapping[str, str], one: Mapping[str, str]) -> Mapping[str, str]:
    if not matching.group:
        return {name: text for name, text in _signature(matching, many) if text}
    taken = {name: one.get(name, "") for name in matching.include}
    return {name: text for name, text in {**many, **taken}.items() if text}
