"""The series that an alert's expression reads, made up from its selectors, and what drives each of them.

A selector becomes a source: one amount, the level of gauges or the slope of counters, that several series share. Where an
aggregation merges series, a source has two with different shares, so that a sum, a mean and a maximum differ. A lane is one
set of labels that the expression keeps apart from others, such as one region.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from promgen.promql import (
    Aggregate,
    Binary,
    Call,
    LabelMatcher,
    MatchOperator,
    Node,
    Vector,
    example_labels,
    matches,
    operands,
    walk,
)
from promgen.promql.steady import Series

Kind = Literal["level", "counter", "trend"]
"""How an amount drives a series: as its value, or as its slope per second from a counter's or a gauge's first sample."""

_MEMBER_LABELS = ("instance", "pod", "replica", "member")
_LANES = ("one", "two")
_SHARES = (1.0, 0.5)
_COUNTED = frozenset({"rate", "increase", "irate", "resets"})
_TRENDS = frozenset({"predict_linear", "deriv", "delta", "idelta", "changes"})
_SPREADS = frozenset({"stddev_over_time", "stdvar_over_time"})
_OPPOSITE: dict[MatchOperator, MatchOperator] = {"=": "!=", "!=": "=", "=~": "!~", "!~": "=~"}
_WANTED = frozenset({"=", "=~"})
_USUAL_LEVEL, _USUAL_SLOPE = 100.0, 10.0
_COUNTER_START = 1e6
"""So far from zero that Prometheus does not take a counter for a new one."""


@dataclass(frozen=True, slots=True)
class Use:
    """One selector, and what is done with it anywhere in an expression."""

    vector: Vector
    functions: frozenset[str]
    aggregation: str
    """The innermost one around it; empty where its series are not merged."""

    @property
    def matchers(self) -> tuple[LabelMatcher, ...]:
        return self.vector.matchers


class Member(NamedTuple):
    """One series of a source, and its share of the amount."""

    series: Series
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Series that one amount drives."""

    use: Use
    members: tuple[Member, ...]
    kind: Kind
    start: float = 0.0
    """The first sample where a slope drives them."""
    amount: float
    """A usual one, to begin with."""

    @property
    def is_waving(self) -> bool:
        """Whether the expression asks how much the level varies, so that it must."""
        return self.kind == "level" and bool(self.use.functions & _SPREADS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """An expression, and what is known of the alert that it belongs to."""

    root: Node
    bounds: tuple[float, ...] = ()
    """What its value is compared with."""
    differences: tuple[Node, ...] = ()
    """Differences of two series that are compared with each other, at different times perhaps."""

    def uses(self) -> tuple[Use, ...]:
        """The selectors, each once, in the order of the text."""
        found: dict[tuple[str | None, tuple[LabelMatcher, ...]], Use] = {}
        for use in _uses(self.root, frozenset(), ""):
            key = use.vector.metric, use.matchers
            before = found.get(key, use)
            found[key] = replace(
                use, functions=use.functions | before.functions, aggregation=before.aggregation
            )
        return tuple(found.values())

    def lane(self, number: int, given: Mapping[str, str] | None = None) -> dict[str, str]:
        """Values for the labels by which results are kept apart, and those in `given` as they are."""
        demanded = {matcher.name for use in self.uses() for matcher in use.matchers if matcher.op in _WANTED}
        names = [name for name in self._kept() if name not in demanded]
        return {**dict.fromkeys(names, _LANES[number]), **(given or {})}

    def sources(self, labels: Mapping[str, str]) -> tuple[Source, ...]:
        """What drives the series of one lane; raise ValueError where a selector cannot choose the lane's labels."""
        uses = self.uses()
        member = self._member_label(uses, labels)
        found: dict[str, Source] = {}
        for use in uses:
            for source in self._driven(use, self._labels(use, uses, labels), member):
                first = source.members[0].series
                found.setdefault(f"{first.metric} {sorted(first.labels.items())}", source)
        return tuple(found.values())

    def _kept(self) -> list[str]:
        """The labels that keep results apart; one of any name where series are not merged by name."""
        names: list[str] = []
        dropped: set[str] = set()
        has_others = any(not use.aggregation for use in self.uses())
        for node in walk(self.root):
            if isinstance(node, Aggregate) and node.without:
                dropped.update(node.labels or ())
                has_others = True
            elif isinstance(node, Aggregate):
                names += node.labels or ()
            elif isinstance(node, Binary) and node.matching.on:
                names += (*(node.matching.labels or ()), *node.matching.include)
        if has_others:
            pinned = {matcher.name for use in self.uses() for matcher in use.matchers if matcher.op == "="}
            names += [name for name in _MEMBER_LABELS if name not in dropped | pinned][:1]
        return [name for name in dict.fromkeys(names) if name != "le"]

    def _member_label(self, uses: Sequence[Use], labels: Mapping[str, str]) -> str:
        taken = {*labels, *self._kept(), *(matcher.name for use in uses for matcher in use.matchers)}
        return next((name for name in _MEMBER_LABELS if name not in taken), "member_of_two")

    def _labels(self, use: Use, uses: Sequence[Use], labels: Mapping[str, str]) -> dict[str, str]:
        others = [
            other.matchers for other in uses if other is not use and other.vector.metric == use.vector.metric
        ]
        found = example_labels(use.matchers, others, labels)
        if found is None:
            raise ValueError(
                f"no series that `{use.vector.metric or ''}` selects has the labels {dict(labels)}"
            )
        return found

    def _driven(self, use: Use, labels: dict[str, str], member: str) -> Iterator[Source]:
        metric = use.vector.metric or labels.pop("__name__", "anything")
        shares = _SHARES if use.aggregation else _SHARES[:1]
        split = [
            ({**labels, member: str(place)} if len(shares) > 1 else labels, share)
            for place, share in enumerate(shares)
        ]

        def source(*bounds: str) -> Source:
            members = tuple(
                Member(Series(metric, {**own, **({"le": bound} if bound else {})}), share)
                for own, share in split
                for bound in bounds
            )
            return self._source(use, members)

        if "histogram_quantile" not in use.functions:
            yield source("")
            return
        low, high = self._buckets()
        yield source(low)
        yield source(high, "+Inf")

    def _buckets(self) -> tuple[str, str]:
        """Bounds around everything that the quantile is compared with, so that it moves between them on a line."""
        bounds = [abs(bound) for bound in self.bounds if bound] or [1.0]
        return f"{min(bounds) / 2:.12g}", f"{max(bounds) * 2:.12g}"

    def _source(self, use: Use, members: tuple[Member, ...]) -> Source:
        kind = self._kind(use)
        if kind == "counter":
            return Source(use=use, members=members, kind=kind, start=_COUNTER_START, amount=_USUAL_SLOPE)
        if kind == "trend":
            start = min((abs(bound) for bound in self.bounds if bound), default=2000.0) / 2
            return Source(use=use, members=members, kind=kind, start=start, amount=0.0)
        return Source(use=use, members=members, kind=kind, amount=_USUAL_LEVEL)

    def _kind(self, use: Use) -> Kind:
        if use.functions & _COUNTED:
            return "counter"
        compared = (part for difference in self.differences for part in walk(difference))
        is_compared = any(
            isinstance(part, Vector) and (part.metric, part.matchers) == (use.vector.metric, use.matchers)
            for part in compared
        )
        return "trend" if is_compared or use.functions & _TRENDS else "level"


def decoys(source: Source, uses: Sequence[Use]) -> Iterator[Series]:
    """For each matcher a series that all the others choose and this one does not, and that no selector chooses."""
    metric, labels = source.members[0].series
    selectors = [use.matchers for use in uses if use.vector.metric == metric]
    own = {matcher.name for matcher in source.use.matchers}
    free = {name: text for name, text in labels.items() if name not in own}
    for wanted in source.use.matchers:
        others = [matcher for matcher in source.use.matchers if matcher is not wanted]
        opposite = LabelMatcher(wanted.name, _OPPOSITE[wanted.op], wanted.value)
        found = example_labels([*others, opposite], selectors, free)
        if found is not None and not any(matches(matchers, found) for matchers in selectors):
            yield Series(metric, found)


def _uses(node: Node, functions: frozenset[str], aggregation: str) -> Iterator[Use]:
    match node:
        case Vector():
            yield Use(node, functions, aggregation)
            return
        case Call(name=name):
            functions |= {name}
        case Aggregate(op=op):
            aggregation = op
    for part in operands(node):
        yield from _uses(part, functions, aggregation)
