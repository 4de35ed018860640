"""The story of an alert whose expression is the condition: every way in which it does not hold, and in which it does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

from promgen.base.durations import Duration
from promgen.compiler.proofs.alert_conditions import Condition, Sides, ways
from promgen.compiler.proofs.alert_lane import Driven
from promgen.compiler.proofs.alert_story import SHARES, Rung, Story
from promgen.promql.steady_operators import Valued
from promgen.promql.steady_ranges import Unsteady


@dataclass(kw_only=True)
class WaysTale:
    """Tells the story of the one severity that such an alert has."""

    story: Story
    condition: Condition
    rung: Rung
    kept: Duration
    """For how long it fires on."""

    def tell(self) -> Story:
        """Everything that is to be shown; raise Unsteady where the series cannot be driven so."""
        quiet, firing = ways(self.condition, holds=False), ways(self.condition, holds=True)
        if not quiet or not firing:
            raise Unsteady("the condition holds always or never")
        self._begin(quiet[0])
        silences = cycle(quiet[1:] + quiet[:1])
        for way in firing:
            self._fire(way)
            self._end(next(silences))
        for way in quiet[len(firing) + 1 :]:
            self._stay_silent(way)
        return self.story

    def _begin(self, way: Sides) -> None:
        """The first way not to hold from the first sample on, or else as soon as there is enough history."""
        story, pace = self.story, self.story.lane.pace
        at = pace.history.ms + pace.settle.ms
        calm = story.sides(way, at, SHARES[0])
        if calm is None:
            story.now = pace.history.ms
            calm = story.sides(way, at, SHARES[0])
        if calm is None:
            raise Unsteady("no values were found for which it does not hold")
        story.calm = calm
        story.enter(calm, at + 1)
        story.mark(story.now - story.step, is_calm=True)

    def _fire(self, way: Sides) -> None:
        story, hold = self.story, self.rung.hold
        at = story.now + story.settle
        driven, edge = story.sharpest(self._tries(way, at), _is_there)
        due = story.due(edge.latest, hold)
        story.see(driven, edge.latest)
        story.mark(story.due(edge.earliest, hold) - story.step)
        story.mark(due, 0)
        story.enter(driven, due + story.step)

    def _end(self, way: Sides) -> None:
        story = self.story
        at = story.now + story.settle
        driven, edge = story.sharpest(self._tries(way, at), _is_gone)
        over = story.due(edge.latest, self.kept)
        story.mark(story.due(edge.earliest, self.kept) - story.step, 0)
        story.mark(over)
        story.enter(driven, max(over, at) + story.step)
        story.mark(story.now - story.step, is_calm=True)

    def _stay_silent(self, way: Sides) -> None:
        story = self.story
        at = story.now + story.settle
        driven = story.sides(way, at, SHARES[0])
        if driven is None:
            raise Unsteady("no values were found for one of the ways in which it does not hold")
        story.enter(driven, at + story.step)
        story.mark(story.now - story.step, is_calm=True)

    def _tries(self, way: Sides, at: int) -> Iterator[Driven | None]:
        return (self.story.sides(way, at, share) for share in SHARES)


def _is_there(result: Sequence[Valued]) -> bool:
    return bool(result)


def _is_gone(result: Sequence[Valued]) -> bool:
    return not result
