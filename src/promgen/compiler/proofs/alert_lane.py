"""One lane of made-up series while time goes on: how they were driven so far, and what an expression gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from promgen.base.durations import Duration
from promgen.compiler.proofs.alert_pace import Pace
from promgen.compiler.proofs.alert_scene import Source
from promgen.compiler.proofs.alert_solving import Search, level_amounts, slope_amounts
from promgen.promql import Node
from promgen.promql.courses import Course, Stretch
from promgen.promql.steady import Series, Stage
from promgen.promql.steady_operators import Valued
from promgen.promql.steady_ranges import Unsteady

Amount = float | None
"""What drives a source; None where its series are missing."""

_WAVE = 0.1
"""How far a level that must vary does so, to both sides."""


@dataclass(frozen=True, slots=True)
class Driven:
    """The courses of all series, source by source, and the amounts that drive them at the end."""

    courses: tuple[Course, ...]
    amounts: tuple[Amount, ...]


@dataclass(frozen=True, slots=True)
class Wave:
    """How long a level that must vary goes up and down before anything happens, in samples."""

    half: int
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Sources that are driven together; the numbers of samples count from zero."""

    sources: tuple[Source, ...]
    pace: Pace
    wave: Wave | None = None
    stage: Stage = field(init=False)
    _places: tuple[range, ...] = field(init=False)
    """Where the series of each source stand among the courses."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "stage", Stage(self.series, self.pace.interval, self.pace.step))
        places, count = [], 0
        for source in self.sources:
            places.append(range(count, count + len(source.members)))
            count += len(source.members)
        object.__setattr__(self, "_places", tuple(places))

    @property
    def series(self) -> list[Series]:
        return [member.series for source in self.sources for member in source.members]

    def begun(self, amounts: Sequence[Amount] | None = None) -> Driven:
        """Everything from the first sample on, with the usual amounts unless others are given."""
        chosen = tuple(amounts or (source.amount for source in self.sources))
        courses = tuple(
            self._begun(source, member.share, amount)
            for source, amount in zip(self.sources, chosen, strict=True)
            for member in source.members
        )
        return Driven(courses, chosen)

    def moved(self, before: Driven, source: int, amount: Amount, number: int) -> Driven:
        """The same with another amount of one source from a sample on."""
        courses = list(before.courses)
        for place, member in zip(self._places[source], self.sources[source].members, strict=True):
            courses[place] = self._moved(self.sources[source], courses[place], member.share, amount, number)
        amounts = before.amounts
        return Driven(tuple(courses), (*amounts[:source], amount, *amounts[source + 1 :]))

    def result(
        self, node: Node, driven: Driven, at: Duration, *, is_closed: bool = True
    ) -> tuple[Valued, ...]:
        """The series that an expression gives at a time; raise Unsteady where it cannot be followed."""
        found = self.stage.result(node, driven.courses, at, is_closed=is_closed)
        if isinstance(found, float):
            raise Unsteady("the expression is a number and has no series")
        return tuple(found)

    def value(self, node: Node, driven: Driven, at: Duration) -> float | None:
        """The value of the only series; None where there is none. Raise Unsteady where there are several."""
        found = self.result(node, driven, at)
        if len(found) > 1:
            raise Unsteady("the expression gives several series where one was driven")
        return found[0].value if found else None

    def driven_to(
        self, before: Driven, node: Node, wanted: float, scale: float, number: int, at: Duration
    ) -> Driven | None:
        """One source moved from a sample on, so that the value is the wanted one at a time; None where none does it."""
        for place, source in enumerate(self.sources):

            def quantity(amount: float, place: int = place) -> float | None:
                return self.value(node, self.moved(before, place, amount, number), at)

            search = Search(quantity=quantity, wanted=wanted, scale=scale)
            if source.kind == "trend":
                found = search.find(slope_amounts(source.start))
            else:
                found = search.find(level_amounts(before.amounts[place] or source.amount), least=0.0)
            if found is not None:
                return self.moved(before, place, found, number)
        return None

    def _begun(self, source: Source, share: float, amount: Amount) -> Course:
        if amount is None or source.kind != "level":
            first = source.start if source.kind == "counter" else source.start * share
            return Course((Stretch(0, None if amount is None else first, self._change(share, amount)),))
        if not source.is_waving or self.wave is None:
            return Course((Stretch(0, amount * share),))
        half, until = self.wave.half, self.wave.until
        levels = (amount * share * (1 + _WAVE), amount * share * (1 - _WAVE))
        return Course(tuple(Stretch(at, levels[at // half % 2]) for at in range(0, until, half)))

    def _moved(self, source: Source, course: Course, share: float, amount: Amount, number: int) -> Course:
        if amount is None:
            return course.followed(start=number, value=None)
        if source.kind == "level":
            return course.followed(start=number, value=amount * share)
        if number == 0:
            return self._begun(source, share, amount)
        value = course.at(number)
        start = source.start if value is None else value
        return course.followed(start=number, value=start, change=self._change(share, amount))

    def _change(self, share: float, amount: Amount) -> float:
        """Between two samples, of a slope per second."""
        return (amount or 0.0) * share * self.pace.interval.ms / 1000
