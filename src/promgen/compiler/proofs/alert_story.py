"""What happens to one lane of an alert, phase by phase, and what must fire when.

Each phase moves a source so that what the alert compares comes to lie just beside a bound, and then looks for the first
evaluation at which the condition has changed. Prometheus 2 and 3 may see that at different evaluations, because one counts
the first moment of a range in; a change of another size is preferred for which they agree.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from promgen.base.durations import Duration
from promgen.compiler.proofs.alert_conditions import Compared, Exists, Leaf, Sides
from promgen.compiler.proofs.alert_lane import Amount, Driven, Lane
from promgen.compiler.proofs.alert_scene import Play
from promgen.promql import Call, Node, Subquery, Vector, walk
from promgen.promql.steady_operators import COMPARE, Valued
from promgen.promql.steady_ranges import Unsteady

SHARES = (0.05, 0.08, 0.12, 0.03, 0.15, 0.01)
"""How far beside a bound, as a share of it; well inside the quarter by which a wrong threshold would be off."""
_NEVER_MOVED = (1.0, 0.0, math.nan, math.inf, None)
"""Amounts tried where not a value is wanted but that something holds or not; None takes the series away."""
_COUNTING = frozenset({"changes", "resets"})
"""Functions whose value only moves in leaps."""
_FIRST_MARKS = 6
"""What is asked first: nothing, that something fires, and that it no longer does."""
_PATIENCE = 3
"""How many times the time to settle, and evaluations, a change may take."""
_ROUNDING = 1e-6
"""A value that is so near its bound, as a share of it, may be seen on either side of it."""

Holds = Callable[[Sequence[Valued]], bool]


class Rung(NamedTuple):
    """One severity, as far as it decides when what fires; `bound` is None where the expression is the condition."""

    bound: float | None
    hold: Duration


class Mark(NamedTuple):
    """What fires at a moment; at a calm one nothing is pending either."""

    at: Duration
    firing: tuple[int, ...]
    """The severities, by their place among the rungs."""
    labels: Mapping[str, str]
    """Of the expression's result."""
    is_calm: bool = False


class Edge(NamedTuple):
    """The first evaluation after a change, by the release that sees it first and by the other."""

    earliest: int
    latest: int

    @property
    def is_sharp(self) -> bool:
        return self.earliest == self.latest


@dataclass(kw_only=True)
class Story:
    """One lane while it is driven; times are in milliseconds, and `now` is where the next phase begins."""

    play: Play
    lane: Lane
    driven: Driven
    is_calm: Holds
    """Whether a result makes nothing fire."""
    attempts: int = len(SHARES)
    """How many ways are tried before one whose edge is not sharp is taken."""
    now: int = 0
    marks: list[Mark] = field(default_factory=list)
    calm: Driven | None = None
    """As it was driven while nothing fired, to begin with."""
    past: list[tuple[Amount, ...]] = field(default_factory=list)
    """The amounts of all phases."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Of the series that was seen last."""
    is_sharp: bool = True
    """Whether the releases see every change at the same evaluation."""
    _has_ranges: bool = field(init=False)
    """Without any, the releases agree."""

    def __post_init__(self) -> None:
        parts = walk(self.play.root)
        self._has_ranges = any(isinstance(part, Vector | Subquery) and part.times.range_ms for part in parts)

    @property
    def step(self) -> int:
        return self.lane.pace.step.ms

    @property
    def settle(self) -> int:
        return self.lane.pace.settle.ms

    def mark(self, at: int, *firing: int, is_calm: bool = False) -> None:
        """Say what fires at a time; times before the beginning are of no interest."""
        if at >= 0:
            self.marks.append(Mark(Duration(at), firing, self.labels, is_calm))

    def due(self, edge: int, hold: Duration) -> int:
        """The evaluation at which a time since another one is over."""
        return -(-(edge + hold.ms) // self.step) * self.step

    def see(self, driven: Driven, at: int) -> None:
        """Take note of the labels of what the expression gives."""
        found = self.lane.result(self.play.root, driven, Duration(at))
        if len(found) != 1:
            raise Unsteady("the expression gives several series where one was driven")
        self.labels = dict(found[0].labels)

    def enter(self, driven: Driven, until: int) -> None:
        """Take a way of driving, and let the next phase begin at an evaluation."""
        self.driven = driven
        self.past.append(driven.amounts)
        self.now = -(-until // self.step) * self.step

    def is_the_same_beside(self, other: Lane, driven: Driven) -> bool:
        """Whether another lane leaves everything that is asked as it is, as it must unless the expression joins them."""
        both = Lane(sources=(*self.lane.sources, *other.sources), pace=self.lane.pace)
        courses = (*self.driven.courses, *driven.courses)
        together = Driven(courses, (*self.driven.amounts, *driven.amounts))
        try:
            return all(
                self.is_calm(self.lane.result(self.play.root, self.driven, at))
                == self.is_calm(both.result(self.play.root, together, at))
                for at in {mark.at for mark in (*self.marks[:_FIRST_MARKS], self.marks[-1])}
            )
        except Unsteady:
            return False

    def beside(self, leaf: Compared, bound: float, side: int, at: int, share: float) -> Driven | None:
        """Driven so that the value lies beside a bound at a time: above it for a side of 1, below for -1."""
        scale = abs(bound) or self._usual(leaf, at)
        return self.to(leaf, bound + side * share * scale, scale, at)

    def to(self, leaf: Compared, wanted: float, scale: float, at: int) -> Driven | None:
        """Driven so that the value is the wanted one at a time."""
        number = self.now // self.lane.pace.interval.ms
        return self.lane.driven_to(self.driven, leaf.value, wanted, scale, number, Duration(at))

    def sides(self, sides: Sides, at: int, share: float) -> Driven | None:
        """Driven so that each leaf holds or not, one after the other; None where one cannot be brought there."""
        before = self.driven
        try:
            for leaf, side in sides.items():
                found = self._side(leaf, at, share, holds=side)
                if found is None:
                    return None
                self.driven = found
            return self.driven
        finally:
            self.driven = before

    def edge(
        self, driven: Driven, holds: Holds, patience: int = 0, *, must_be_sharp: bool = False
    ) -> Edge | None:
        """The first evaluation from now on at which the result is as wanted; None where that never comes.

        An evaluation at which it is so only by rounding, or only by one of the releases, is not sharp.
        """
        limit = self.now + (self.settle + self.step) * _PATIENCE + patience
        waiting = [True, False] if self._has_ranges else [True]
        earliest: int | None = None
        for at in range(self.now, limit + 1, self.step):
            for is_closed in tuple(waiting):
                result = self.lane.result(self.play.root, driven, Duration(at), is_closed=is_closed)
                seen = [holds(_nudged(result, share)) for share in (-_ROUNDING, _ROUNDING)]
                if earliest is None and any(seen):
                    earliest = at
                if all(seen):
                    waiting.remove(is_closed)
            if earliest is not None and not waiting:
                return Edge(earliest, at)
            if earliest is not None and must_be_sharp:
                return None
        return None

    def sharpest(
        self, tries: Iterator[Driven | None], holds: Holds, patience: int = 0
    ) -> tuple[Driven, Edge]:
        """The first of several ways whose edge is sharp, or else the first that has one; raise Unsteady without any."""
        best: tuple[Driven, Edge] | None = None
        for driven in islice((driven for driven in tries if driven is not None), self.attempts):
            edge = self.edge(driven, holds, patience, must_be_sharp=best is not None)
            if edge is not None:
                best = best or (driven, edge)
                if edge.is_sharp:
                    return driven, edge
        self.is_sharp = False
        if best is None:
            raise Unsteady("no values were found that bring it across its bound")
        return best

    def _usual(self, leaf: Compared, at: int) -> float:
        """The size of the value when nothing was driven yet, where the bound is zero and gives none."""
        value = self.lane.value(leaf.value, self.lane.begun(), Duration(at))
        return abs(value) if value and math.isfinite(value) else 1.0

    def _side(self, leaf: Leaf, at: int, share: float, *, holds: bool) -> Driven | None:
        if isinstance(leaf, Exists) or leaf.op in {"==", "!="} or _is_counted(leaf.value):
            return self._tried(leaf, at, holds=holds)
        upward = leaf.op in {">", ">="}
        side = 1 if upward == holds else -1
        is_at_bound = (leaf.op in {">=", "<="}) == holds and not leaf.bound
        if not leaf.bound and (is_at_bound or (leaf.op == ">" and not holds and not self._is_signed())):
            return self.to(leaf, 0.0, self._usual(leaf, at), at)
        return self.beside(leaf, leaf.bound, side, at, share)

    def _is_signed(self) -> bool:
        return any(source.kind == "trend" for source in self.lane.sources)

    def _tried(self, leaf: Leaf, at: int, *, holds: bool) -> Driven | None:
        """One source at amounts that are unlike each other, until the leaf holds or does not."""
        if self.holds(leaf, self.driven, at) == holds:
            return self.driven
        number = self.now // self.lane.pace.interval.ms
        bound = leaf.bound if isinstance(leaf, Compared) else 1.0
        for place, source in enumerate(self.lane.sources):
            for amount in (bound, source.amount, *_NEVER_MOVED):
                driven = self.lane.moved(self.driven, place, amount, number)
                if self.holds(leaf, driven, at) == holds:
                    return driven
        return None

    def holds(self, leaf: Leaf, driven: Driven, at: int) -> bool:
        if isinstance(leaf, Exists):
            return bool(self.lane.result(leaf.value, driven, Duration(at)))
        value = self.lane.value(leaf.value, driven, Duration(at))
        return value is not None and COMPARE[leaf.op](value, leaf.bound)


def _is_counted(value: Node) -> bool:
    """Whether no value lies just beside a bound."""
    return any(isinstance(node, Call) and node.name in _COUNTING for node in walk(value))


def _nudged(result: Sequence[Valued], share: float) -> list[Valued]:
    return [Valued(one.labels, one.value * (1 + share)) for one in result]
