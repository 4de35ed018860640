"""The course of a made-up series: samples at one interval, each stretch of them on a straight line, or missing.

What the tests of promtool can say in few characters, and what an expression over them can be worked out from.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple


class Stretch(NamedTuple):
    """Samples on a line, from a number of sample on; without a value they are missing."""

    start: int
    value: float | None
    """Of the first sample."""
    change: float = 0.0
    """From each sample to the next."""

    def at(self, number: int) -> float | None:
        """The value of one sample."""
        if self.value is None or number == self.start:
            return self.value
        return self.value + self.change * (number - self.start)


class Rise(NamedTuple):
    """What becomes of a series between its first and its last sample in a range, which are told by their numbers."""

    number: int
    """How many samples there are, at least one."""
    first: int
    first_value: float
    last: int
    last_value: float
    lost: float
    """The sum of the values from which the series fell to a lower one, as counters do when they start again."""


def rise_of(numbers: Sequence[int], values: Sequence[float]) -> Rise:
    """The same of samples one by one."""
    lost = sum(before for before, after in pairwise(values) if after < before)
    return Rise(len(numbers), numbers[0], values[0], numbers[-1], values[-1], lost)


@dataclass(frozen=True, slots=True)
class Course:
    """Stretches, the first from sample 0 on and each until the next; the last goes on for ever."""

    stretches: tuple[Stretch, ...]

    def at(self, number: int) -> float | None:
        """The value of one sample, None where it is missing or before the first."""
        if number < 0:
            return None
        return self.stretches[self._place(number)].at(number)

    def window(self, first: int, last: int) -> tuple[list[int], list[float]]:
        """The numbers and the values of the samples that are there, both ends included."""
        first = max(first, 0)
        numbers: list[int] = []
        values: list[float] = []
        for place in range(self._place(first), len(self.stretches)):
            start, value, change = self.stretches[place]
            if start > last:
                break
            if value is not None:
                found = range(max(first, start), min(last, self._end(place, last)) + 1)
                numbers += found
                values += [value + change * (n - start) for n in found] if change else [value] * len(found)
        return numbers, values

    def rise(self, first: int, last: int) -> Rise | None:
        """The samples between two of them, both included, at their ends; None without any.

        The same can be seen in the whole window, but at the price of looking at each sample.
        """
        first = max(first, 0)
        found: Rise | None = None
        if last < first:
            return None
        for place in range(self._place(first), len(self.stretches)):
            start, value, change = self.stretches[place]
            if start > last:
                break
            if value is not None:
                begin, end = max(first, start), min(last, self._end(place, last))
                more = end - begin
                opening = value + change * (begin - start) if change else value
                closing = opening + change * more if change else value
                lost = more * opening + change * more * (more - 1) / 2 if change < 0 else 0.0
                piece = Rise(more + 1, begin, opening, end, closing, lost)
                found = piece if found is None else _joined(found, piece)
        return found

    def followed(self, *, start: int, value: float | None, change: float = 0.0) -> Course:
        """The course as it is before a sample, and on another line from there on."""
        kept = tuple(stretch for stretch in self.stretches if stretch.start < start)
        return Course((*kept, Stretch(start, value, change)))

    def printed(self, length: int) -> str:
        """The first samples in promtool's notation; a series that ends is marked as stale, as a scrape would."""
        pieces: list[str] = []
        for place, stretch in enumerate(self.stretches):
            more = min(self._end(place, length - 1), length - 1) - stretch.start
            if more >= 0:
                pieces += _printed(stretch, more, is_first=not pieces)
        return " ".join(pieces)

    def _place(self, number: int) -> int:
        return bisect_right(self.stretches, number, key=_start) - 1

    def _end(self, place: int, last: int) -> int:
        """The number of the last sample of a stretch."""
        return self.stretches[place + 1].start - 1 if place + 1 < len(self.stretches) else last


def _joined(before: Rise, after: Rise) -> Rise:
    lost = before.last_value if after.first_value < before.last_value else 0.0
    return Rise(
        before.number + after.number,
        before.first,
        before.first_value,
        after.last,
        after.last_value,
        before.lost + lost + after.lost,
    )


def _start(stretch: Stretch) -> int:
    return stretch.start


def _printed(stretch: Stretch, more: int, *, is_first: bool) -> list[str]:
    _, value, change = stretch
    if value is None:
        missing = more if not is_first else more + 1
        return ([] if is_first else ["stale"]) + ([f"_x{missing}"] if missing else [])
    first = _number(value)
    if not math.isfinite(value):
        return [first] * (more + 1)  # promtool repeats numbers only
    if not more:
        return [first]
    if not change:
        return [f"{first}x{more}"]
    sign = "-" if change < 0 else "+"
    return [f"{first}{sign}{_number(abs(change))}x{more}"]


def _number(value: float) -> str:
    """As promtool reads it, to 12 digits: more would only show how a computer rounds."""
    if math.isnan(value) or math.isinf(value):
        return {"nan": "NaN", "inf": "Inf", "-inf": "-Inf"}[str(value)]
    return f"{value:.12g}"
