"""How many series a part of an expression gives, estimated from the labels of what goes in.

Labels are taken to be independent of each other, comparisons to keep everything, and the sides of an operator to match
as far as they can: upper bounds, unless labels come only in some of their combinations.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from math import prod


@dataclass(frozen=True, slots=True)
class Population:
    """Series that have the same labels; `labels` says in how many values each comes, and is None where nobody knows."""

    count: int
    labels: Mapping[str, int] | None = None
    weight: int = 1
    """What one of their samples counts: more than 1 for a native histogram on Prometheus 3."""

    def grouped(self, labels: Collection[str], *, without: bool) -> Population:
        """One series for each combination of these labels, or of all others; all there are where labels are not known."""
        if not without and not labels:
            return replace(self, count=min(1, self.count), labels={})
        if self.labels is None:
            return self
        kept = {name: values for name, values in self.labels.items() if (name in labels) is not without}
        return replace(self, count=min(self.count, prod(kept.values())), labels=kept)

    def united(self, other: Population) -> Population:
        """Those of both; a side with the same labels fills holes of this one, any other comes on top."""
        if self.labels is None or other.labels is None:
            return replace(self, count=self.count + other.count, labels=None)
        if set(self.labels) == set(other.labels):
            return self if self.count >= other.count else other
        sides = (self.labels, other.labels)
        labels = {
            name: max(side.get(name, 0) for side in sides) + any(name not in side for side in sides)
            for name in (*self.labels, *other.labels)
        }
        return replace(self, count=self.count + other.count, labels=labels)

    def with_label(self, name: str) -> Population:
        """After a label was set, to one value or to one of another label's."""
        if self.labels is None:
            return self
        return replace(self, labels={name: self.count, **self.labels})

    def without_label(self, name: str) -> Population:
        """After series that differ in one label only have become one."""
        if self.labels is None:
            return self
        return self.grouped([name], without=True)


SCALAR = Population(1, {})


def widest(found: Iterable[Population]) -> Population:
    """The one with the most series, the first of equals; a single series without labels where there is none."""
    return max(found, key=lambda population: population.count, default=SCALAR)
