"""From the plot of an alert to its story; alerts with equal plots share one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from promgen.base.durations import MINUTE, Duration
from promgen.compiler.proofs.alert_conditions import Compared, Condition, condition_of, leaves
from promgen.compiler.proofs.alert_lane import Lane, Wave
from promgen.compiler.proofs.alert_levels import LevelsTale
from promgen.compiler.proofs.alert_pace import pace_of
from promgen.compiler.proofs.alert_scene import Play
from promgen.compiler.proofs.alert_story import Holds, Rung, Story
from promgen.compiler.proofs.alert_ways import WaysTale
from promgen.promql import Node, Subquery, walk
from promgen.promql.steady_operators import COMPARE
from promgen.promql.steady_ranges import Unsteady

_AT_ONCE = Duration(0)
_WAVES = 20
"""How often a level that must vary did so before anything happens; enough for three standard deviations to be possible."""
_READY_TRIES = 60
_FEW_ATTEMPTS = 3
"""Ways tried with several rungs: the recorded value shows sharply what the measured series do not."""
_LONGEST_HANDOVER_STEP = MINUTE * 4
"""Severities hand over by reading `ALERTS` of the evaluation before, which is seen for less than five minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A story before it is told."""

    root: Node
    comparison: str | None
    """Between the value and the bounds of the rungs; None where the expression is the condition."""
    rungs: tuple[Rung, ...]
    """Lowest first."""
    kept: Duration
    """For how long the alert fires on."""
    given: tuple[tuple[str, str], ...] = ()
    """Labels that the series have."""

    @property
    def holds(self) -> list[Duration]:
        """What has to be waited for, one after the other."""
        return [*(rung.hold for rung in self.rungs), self.kept]


@lru_cache(maxsize=512)
def tell_measured(plot: Plot) -> tuple[Story, bool]:
    """The story, driven by the measured series, and whether it shows all rungs or only the lowest.

    Severities hand over only while evaluations are close to each other. Raise Unsteady or ValueError where nothing can be
    made to happen.
    """
    draft = _measured(plot)
    shows_all = len(plot.rungs) == 1 or draft.story.lane.pace.step <= _LONGEST_HANDOVER_STEP
    _tell(plot, draft, plot.rungs if shows_all else plot.rungs[:1])
    return draft.story, shows_all


@lru_cache(maxsize=512)
def tell_unguarded(plot: Plot) -> Story | None:
    """The story of nothing while what must hold besides the threshold does not; None where nothing must.

    Raise Unsteady or ValueError as above.
    """
    if plot.comparison is None:
        return None
    tale = _levels(plot, _measured(plot), plot.rungs)
    if tale.guards_come_late or not tale.bounded_guards:
        return None
    return tale.tell_unguarded(tale.bounded_guards[0])


@lru_cache(maxsize=512)
def tell_recorded(plot: Plot) -> Story:
    """The story where the expression is the recorded value, which is given minute by minute."""
    play, condition = _play(plot)
    pace = pace_of(plot.root, plot.holds, _AT_ONCE, _LONGEST_HANDOVER_STEP)
    draft = _draft(plot, play, Lane(sources=play.sources(dict(plot.given)), pace=pace), condition)
    _tell(plot, draft, plot.rungs)
    return draft.story


@dataclass(frozen=True, slots=True)
class _Draft:
    """A story at its beginning."""

    story: Story
    condition: Condition
    guards_come_late: bool = False
    """Whether what must hold besides the threshold only holds when enough time has passed."""


def _measured(plot: Plot) -> _Draft:
    root = plot.root
    play, condition = _play(plot)
    sources = play.sources(play.lane(0, dict(plot.given)))
    lane = Lane(sources=sources, pace=pace_of(root, plot.holds, _AT_ONCE))
    if any(source.is_waving for source in sources):
        ready = _wave_step(root) * _WAVES
        pace = pace_of(root, plot.holds, ready)
        wave = Wave(_wave_step(root).ms // pace.interval.ms, ready.ms // pace.interval.ms)
        return _draft(plot, play, Lane(sources=sources, pace=pace, wave=wave), condition)
    draft = _draft(plot, play, lane, condition)
    ready = _ready(_levels(plot, draft, plot.rungs)) if plot.comparison else _AT_ONCE
    if not ready.ms:
        return _draft(plot, play, lane, condition)  # as it was before the guards were tried
    lane = Lane(sources=sources, pace=pace_of(root, plot.holds, ready))
    return replace(_draft(plot, play, lane, condition), guards_come_late=True)


def _play(plot: Plot) -> tuple[Play, Condition]:
    lowest = plot.rungs[0].bound
    threshold = None if plot.comparison is None or lowest is None else (plot.comparison, lowest)
    condition = condition_of(plot.root, threshold)
    compared = [leaf for leaf in leaves(condition) if isinstance(leaf, Compared)]
    bounds = [rung.bound for rung in plot.rungs if rung.bound is not None]
    play = Play(
        root=plot.root,
        bounds=tuple(bounds or [leaf.bound for leaf in compared if not leaf.is_difference]),
        differences=tuple(leaf.value for leaf in compared if leaf.is_difference),
    )
    return play, condition


def _draft(plot: Plot, play: Play, lane: Lane, condition: Condition) -> _Draft:
    story = Story(play=play, lane=lane, driven=lane.begun(), is_calm=_is_calm(plot))
    if len(plot.rungs) > 1:
        story.attempts = _FEW_ATTEMPTS
    return _Draft(story, condition)


def _is_calm(plot: Plot) -> Holds:
    bound = plot.rungs[0].bound
    if plot.comparison is None or bound is None:
        return lambda result: not result
    compare = COMPARE[plot.comparison]
    return lambda result: not any(compare(one.value, bound) for one in result)


def _tell(plot: Plot, draft: _Draft, rungs: Sequence[Rung]) -> None:
    if plot.comparison is None:
        WaysTale(story=draft.story, condition=draft.condition, rung=rungs[0], kept=plot.kept).tell()
    else:
        _levels(plot, draft, rungs).tell()
    draft.story.lane.stage.forget()


def _levels(plot: Plot, draft: _Draft, rungs: Sequence[Rung]) -> LevelsTale:
    leaf, *guards = leaves(draft.condition)
    assert isinstance(leaf, Compared)
    return LevelsTale(
        story=draft.story,
        leaf=leaf,
        rungs=rungs,
        kept=plot.kept,
        guards=guards,
        guards_come_late=draft.guards_come_late,
    )


def _wave_step(root: Node) -> Duration:
    """The time after which a level that must vary changes: the step at which its history is looked at."""
    steps = [node.step_ms for node in walk(root) if isinstance(node, Subquery) and node.step_ms]
    return Duration(min(steps, default=MINUTE.ms))


def _ready(tale: LevelsTale) -> Duration:
    """How long everything must be as usual until what must hold besides does; zero where that takes no time."""
    story, guards = tale.story, tale.guards
    pace = story.lane.pace
    first = pace.history.ms + pace.settle.ms
    if tale.are_guards_on(first):
        return _AT_ONCE
    moments = (first + tried * pace.settle.ms for tried in range(_READY_TRIES))
    for at in moments:
        if all(story.holds(guard, story.driven, at) for guard in guards):
            return Duration(at)
    raise Unsteady("what must hold besides the threshold never does")
