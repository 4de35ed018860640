"""The story of an alert with thresholds: just below the lowest, up through every severity, down again, and quiet."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from promgen.base.durations import Duration
from promgen.compiler.proofs.alert_conditions import Compared, Leaf
from promgen.compiler.proofs.alert_lane import Driven
from promgen.compiler.proofs.alert_story import SHARES, Edge, Holds, Rung, Story
from promgen.promql.steady_operators import COMPARE
from promgen.promql.steady_ranges import Unsteady

_NEAR = 0.2
"""So near, as a share of the bound, a value is just below the next severity already."""
_WITH_STAIRS = 2
"""With more severities than these there are some between the lowest and the worst."""
_GAP = 0.4
"""The share of the gap between two bounds that a value keeps from both, where they are close together."""


@dataclass(kw_only=True)
class LevelsTale:
    """Tells the story; rungs stand lowest first, and each has a bound."""

    story: Story
    leaf: Compared
    rungs: Sequence[Rung]
    kept: Duration
    """For how long it fires on."""
    guards: Sequence[Leaf] = ()
    """What must hold besides."""
    guards_come_late: bool = False
    """Whether they only hold when enough time has passed, and need nothing else."""

    def tell(self) -> Story:
        """Everything that is to be shown; raise Unsteady where the series cannot be driven so."""
        self._begin()
        for place in range(len(self.rungs)):
            if place:
                self._approach(place)
            if self.story.calm or place:
                self._rise(place)
            else:
                self._grow_up()
        for place in reversed(range(len(self.rungs) - 1)):
            self._fall(place, to=place + 1)
            if not self._are_near(place):
                self._rise(place + 1)
                self._fall(place, to=place)
        self._end(0)
        for place in range(1, len(self.rungs)):
            self._jump(place)
            self._end(place)
        if len(self.rungs) > _WITH_STAIRS:
            self._rise(0)
            self._leap()
            self._plunge()
        if self.kept.ms:
            self._touch()
        return self.story

    def tell_unguarded(self, guard: Compared) -> Story:
        """Beyond the lowest bound all along, which nobody is told while a guard just does not hold."""
        story, pace = self.story, self.story.lane.pace
        at = pace.history.ms + pace.settle.ms
        story.driven = self._beside_guard(guard, -1, at) or story.driven
        for now in (0, pace.history.ms):
            story.now = now
            driven = next(self._tries(0, self.side, at))
            if driven is not None and not story.holds(guard, driven, at):
                break
        else:
            raise Unsteady("no values were found for which only the threshold is passed")
        assert driven is not None
        story.enter(driven, story.due(at, self.rungs[0].hold) + 2 * story.step)
        story.mark(story.now - story.step, is_calm=True)
        return story

    def are_guards_on(self, at: int) -> bool:
        """Whether what must hold besides does; brought to just where it does, if it can be."""
        for guard in self.bounded_guards:
            self.story.driven = self._beside_guard(guard, 1, at) or self.story.driven
        return all(self.story.holds(guard, self.story.driven, at) for guard in self.guards)

    @property
    def bounded_guards(self) -> list[Compared]:
        """Those with a side on which they just hold."""
        sided = {">", "<", ">=", "<="}
        return [guard for guard in self.guards if isinstance(guard, Compared) and guard.op in sided]

    @property
    def side(self) -> int:
        """Where beyond is: 1 for above, -1 for below."""
        return 1 if self.leaf.op == ">" else -1

    def _begin(self) -> None:
        """Just short of the lowest bound from the first sample on, or else as soon as there is enough history."""
        story, pace = self.story, self.story.lane.pace
        at = pace.history.ms + pace.settle.ms
        if self.guards_come_late or not self.are_guards_on(at):
            return
        calm = next(self._tries(0, -self.side, at)) if story.lane.wave is None else None
        if calm is None:
            story.now = pace.history.ms
            calm = next(self._tries(0, -self.side, at))
        if calm is None:
            raise Unsteady("no values were found that lie just short of the lowest threshold")
        story.calm = calm
        story.enter(calm, at + 1)
        story.mark(story.now - story.step, is_calm=True)

    def _beside_guard(self, guard: Compared, inward: int, at: int) -> Driven | None:
        """The guard just holds for an `inward` of 1, and for -1 just not."""
        side = 1 if guard.op in {">", ">="} else -1
        return self.story.beside(guard, guard.bound, side * inward, at, SHARES[0])

    def _grow_up(self) -> None:
        """Beyond the lowest bound from the first sample on; what must hold besides comes with time alone."""
        story, rung = self.story, self.rungs[0]
        ready = story.lane.pace.history.ms
        at = ready + self._reached(rung)
        driven, edge = story.sharpest(self._tries(0, self.side, at), self._beyond(0), ready)
        self._fire(driven, edge, 0)

    def _rise(self, place: int) -> None:
        """Just beyond a bound, until its `for` is over."""
        at = self._reached(self.rungs[place])
        driven, edge = self.story.sharpest(self._tries(place, self.side, at), self._beyond(place))
        self._fire(driven, edge, place, at if self.story.lane.pace.is_trend else 0)

    def _approach(self, place: int) -> None:
        """Just short of the next bound; not needed where the value lies there already."""
        story = self.story
        if self._are_near(place - 1):
            return
        at = story.now + story.settle
        driven = next(self._tries(place, -self.side, at))
        if driven is None:
            raise Unsteady("no values were found that lie just short of the next threshold")
        story.enter(driven, at + story.step)
        story.mark(story.now - story.step, place - 1, is_calm=True)

    def _fall(self, place: int, *, to: int) -> None:
        """Back to a lower severity: it takes over when its `for` is over, and not a moment passes without.

        The value comes to lie just short of where the worse one begins, or just beyond where the lower one does.
        """
        story, rung = self.story, self.rungs[place]
        side = self.side if to == place else -self.side
        at = self._reached(rung)
        driven, edge = story.sharpest(self._tries(to, side, at), self._not_beyond(place + 1))
        over = story.due(edge.latest, rung.hold)
        if self._is_reached_first(place):
            story.mark(story.due(edge.earliest, rung.hold) - story.step, place + 1)
            if edge.is_sharp:  # the worse one ends when it sees that the lower one has fired
                story.mark(over, place + 1, place)
        story.mark(over + story.step, place)
        story.enter(driven, over + 2 * story.step)

    def _jump(self, place: int) -> None:
        """From nothing to a severity that is not the lowest."""
        story, rung = self.story, self.rungs[place]
        tries = self._tries(place, self.side, self._reached(rung))
        driven, edge = story.sharpest(tries, self._beyond(place))
        story.mark(story.due(edge.latest, rung.hold), place)
        story.enter(driven, story.due(edge.latest, rung.hold) + story.step)

    def _leap(self) -> None:
        """From the lowest to the worst; the lowest fires until then if it takes no time to pass what lies between."""
        story, worst = self.story, len(self.rungs) - 1
        rung = self.rungs[worst]
        tries = self._tries(worst, self.side, self._reached(rung))
        driven, edge = story.sharpest(tries, self._beyond(worst))
        due = story.due(edge.latest, rung.hold)
        is_at_once = self._common_edge(driven, self._beyond) == edge
        if is_at_once and all(other.hold >= rung.hold for other in self.rungs[1:worst]):
            story.mark(due - story.step, 0)
        story.mark(due, worst)
        story.enter(driven, due + story.step)

    def _plunge(self) -> None:
        """From the worst to the lowest, and to nothing, if it takes no time to pass what lies between."""
        story, rung, worst = self.story, self.rungs[0], len(self.rungs) - 1
        driven = next(self._tries(0, self.side, self._reached(rung)))
        edge = self._common_edge(driven, self._not_beyond) if driven is not None else None
        if driven is None or edge is None:
            self._end(worst)
            return
        over = story.due(edge.latest, rung.hold)
        story.mark(over - story.step, worst)
        story.mark(over, worst, 0)
        story.mark(over + story.step, 0)
        story.enter(driven, over + 2 * story.step)
        self._end(0)

    def _touch(self) -> None:
        """Beyond the lowest bound for half its `for`, and back: what did not fire is not kept.

        Left out where it takes the value so long to come back that it fires.
        """
        story, hold = self.story, self.rungs[0].hold
        before, since = story.driven, story.now
        driven, reached = story.sharpest(
            self._tries(0, self.side, self._reached(self.rungs[0])), self._beyond(0)
        )
        story.driven, story.now = driven, story.due(reached.latest, Duration(hold.ms // 2))
        back, left = story.sharpest(self._tries(0, -self.side, story.now + story.settle), self._not_beyond(0))
        if left.latest >= reached.earliest + hold.ms:
            story.driven, story.now = before, since
            return
        story.enter(
            back, max(story.due(reached.latest, hold), story.due(left.latest, self.kept)) + story.step
        )
        story.mark(story.due(reached.latest, hold))
        story.mark(story.now - story.step, is_calm=True)

    def _common_edge(self, driven: Driven, passed: Callable[[int], Holds]) -> Edge | None:
        """The evaluation at which all bounds but the lowest are passed, if it is one and the same."""
        edges = {self.story.edge(driven, passed(place)) for place in range(1, len(self.rungs))}
        edge = edges.pop()
        return edge if edge is not None and edge.is_sharp and not edges else None

    def _end(self, place: int) -> None:
        """Just short of the lowest bound again: over at once, or when it was kept for long enough."""
        story = self.story
        at = story.now + story.settle
        driven, edge = story.sharpest(self._tries(0, -self.side, at), self._not_beyond(0))
        over = story.due(edge.latest, self.kept)
        # Where severities hand over, a condition over time keeps it, and the releases differ by an evaluation.
        slack = 2 if len(self.rungs) > 1 and self.kept.ms else 1
        if not self._are_passed(driven, place, edge.latest):
            story.mark(story.due(edge.earliest, self.kept) - slack * story.step, place)
        story.mark(over)
        story.enter(driven, max(over, at) + story.step)
        story.mark(story.now - story.step, is_calm=True)

    def _are_passed(self, driven: Driven, place: int, until: int) -> bool:
        """Whether the value is so slow to leave a severity that a lower one may take over on the way."""
        edge = self.story.edge(driven, self._not_beyond(place)) if place else None
        return edge is not None and any(
            edge.earliest + lower.hold.ms <= until for lower in self.rungs[:place]
        )

    def _are_near(self, place: int) -> bool:
        """Whether a value between two bounds is near both of them."""
        low, high = self._bound(place), self._bound(place + 1)
        return abs(high - low) < _NEAR * max(abs(high), abs(low))

    def _is_reached_first(self, place: int) -> bool:
        """Whether no lower severity fires before one whose bound is crossed together with theirs."""
        return all(lower.hold >= self.rungs[place].hold for lower in self.rungs[:place])

    def _fire(self, driven: Driven, edge: Edge, place: int, until: int = 0) -> None:
        story, rung = self.story, self.rungs[place]
        before = (place - 1,) if place else ()
        due = story.due(edge.latest, rung.hold)
        story.see(driven, edge.latest)
        story.mark(story.due(edge.earliest, rung.hold) - story.step, *before)
        story.mark(due, place)
        story.enter(driven, max(due, until) + story.step)

    def _reached(self, rung: Rung) -> int:
        """When the wanted value is: where a slope goes on to act, only at the end."""
        story = self.story
        return story.now + story.settle + (rung.hold.ms if story.lane.pace.is_trend else 0)

    def _tries(self, place: int, side: int, at: int) -> Iterator[Driven | None]:
        """Beside the bound of a rung, and not as far as the next one on that side."""
        bound = self._bound(place)
        other = place + side * self.side
        most = math.inf
        if bound and 0 <= other < len(self.rungs):
            most = _GAP * abs(self._bound(other) - bound) / abs(bound)
        for share in dict.fromkeys(min(share, most) for share in SHARES):
            yield self.story.beside(self.leaf, bound, side, at, share)

    def _bound(self, place: int) -> float:
        bound = self.rungs[place].bound
        assert bound is not None
        return bound

    def _beyond(self, place: int) -> Holds:
        compare, bound = COMPARE[self.leaf.op], self._bound(place)
        return lambda result: any(compare(one.value, bound) for one in result)

    def _not_beyond(self, place: int) -> Holds:
        beyond = self._beyond(place)
        return lambda result: not beyond(result)
