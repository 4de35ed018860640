"""Made-up samples around a few moments, as one case.

Between moments lie hours or days without an evaluation, so a case with histories of three days costs promtool as many
evaluations as it has moments. Each evaluation falls some tenths of a second after the samples: there a range holds the
same samples on Prometheus 2, which counts its first instant in, and on 3, which does not; and no rule writes at the
instant of a sample that is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from promgen.base.durations import MINUTE, Duration
from promgen.compiler.ir.proofs import Answer, Case, Question, Samples
from promgen.compiler.proofs.subject import Subject

_PHASE_MS = 100
_EXACT = 2.0**20
_START = 2.0**30
"""So far from zero that Prometheus does not take a counter for a new one."""
MOMENTS_IN_A_CASE = 100
"""So few that the last evaluation is less than a scrape late."""


@lru_cache(4096)
def number(value: float) -> str:
    """A value in promtool's notation, which reads it back to the same number."""
    text = repr(value)
    if "e" in text:
        text = f"{Decimal(text):f}"
    return text.removesuffix(".0")


def exact(growth: float) -> float:
    """Rounded so that sums of it are exact: a sum that is off by a hair is a counter that was reset."""
    return round(growth * _EXACT) / _EXACT


class Piece(NamedTuple):
    """Successive samples of one series, in promtool's notation."""

    age: int
    """How many intervals before the moment the first one lies."""
    length: int
    values: str


@dataclass(slots=True)
class Moment:
    """What was measured and recorded up to a moment, and what is asked at it."""

    samples: dict[str, list[Piece]] = field(default_factory=dict)
    """By series."""
    questions: list[tuple[str, tuple[Answer, ...]]] = field(default_factory=list)

    lines: dict[str, tuple[int, float, float]] = field(default_factory=dict)
    """Series that follow the clock: for how many intervals, their value at the Unix epoch, and their slope per second."""
    clocks: dict[str, int] = field(default_factory=dict)
    """Series whose newest sample is the time of the moment, in seconds, plus this."""

    def add(self, series: str, pieces: Iterable[Piece]) -> None:
        """Pieces of a series, which must not overlap."""
        self.samples.setdefault(series, []).extend(pieces)

    def ask(self, expr: str, answers: tuple[Answer, ...] = ()) -> None:
        """An expression and its answers; nothing must be answered when there are none."""
        self.questions.append((expr, answers))


def level(age: int, values: Sequence[float], *, ends: bool = False) -> Piece:
    """A gauge or a record, one value after the other; `ends`: it is marked as gone afterwards."""
    printed = _runs(values)
    return Piece(age, len(values) + ends, " ".join([*printed, "stale"] if ends else printed))


def counter(age: int, growth: Iterable[tuple[int, float]], start: float = _START) -> Piece:
    """A counter that begins with `start` and then grows: so many samples, each by so much."""
    value, count, printed = start, 1, [number(start)]
    for times, grown in growth:
        if times > 0:
            step = exact(grown)
            first = value + step
            printed.append(f"{number(first)}+{number(step)}x{times - 1}" if times > 1 else number(first))
            value += step * times
            count += times
    return Piece(age, count, " ".join(printed))


def _runs(values: Sequence[float]) -> list[str]:
    printed: list[str] = []
    place = 0
    while place < len(values):
        end = place
        while end + 1 < len(values) and values[end + 1] == values[place]:
            end += 1
        text = number(values[place])
        printed.append(f"{text}x{end - place}" if end > place else text)
        place = end + 1
    return printed


def case_of(
    subject: Subject,
    name: str,
    moments: Sequence[Moment],
    *,
    apart: Duration,
    groups: tuple[str, ...],
    interval: Duration = MINUTE,
) -> Case:
    """The moments as one case."""
    step = Duration(apart.ms + _PHASE_MS)
    case = case_at(subject, name, moments, step=step, groups=groups, interval=interval)
    return case._replace(since=subject.since)


def case_at(
    subject: Subject,
    name: str,
    moments: Sequence[Moment],
    *,
    step: Duration,
    groups: tuple[str, ...],
    interval: Duration,
) -> Case:
    """The moments, a step apart, as one case; the newest samples of each lie at its evaluation or just before."""
    slots = [step.ms * place // interval.ms for place in range(1, len(moments) + 1)]
    questions = tuple(
        Question(step * place, expr, answers)
        for place, moment in enumerate(moments, 1)
        for expr, answers in moment.questions
    )
    samples = tuple(_samples(moments, slots, interval))
    return Case(name, subject.slo.key, groups, samples, questions, interval, step)


def _samples(moments: Sequence[Moment], slots: Sequence[int], interval: Duration) -> Iterable[Samples]:
    rows: dict[str, list[tuple[int, Piece]]] = {}
    for moment, slot in zip(moments, slots, strict=True):
        for series, pieces in moment.samples.items():
            rows.setdefault(series, []).extend((slot - piece.age, piece) for piece in pieces)
        for series, seconds in moment.clocks.items():
            now = slot * interval.ms // 1000 + seconds
            rows.setdefault(series, []).append((slot, level(0, [now])))
        for series, (count, at_zero, slope) in moment.lines.items():
            first = slot - count
            values = [at_zero + slope * place * interval.ms / 1000 for place in range(first, slot + 1)]
            rows.setdefault(series, []).append((first, level(0, values)))
    for series, row in rows.items():
        yield Samples(series, _printed(sorted(row)))


def _printed(row: Sequence[tuple[int, Piece]]) -> str:
    printed: list[str] = []
    now = 0
    for slot, piece in row:
        if slot < now:
            raise ValueError(f"samples of one series overlap at {slot}")
        if slot > now:
            printed.append(f"_x{slot - now}")
        printed.append(piece.values)
        now = slot + piece.length
    return " ".join(printed)
