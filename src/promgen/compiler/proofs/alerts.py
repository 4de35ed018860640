"""The cases that prove an alert: series that bring it just below and just above each threshold, and what must fire when.

They follow from the alert's meaning alone. Where its expression looks so far back that evaluations must lie far apart, the
measured series show the lowest threshold, and the recorded value, given minute by minute, how severities hand over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from promgen.base import conventions as names
from promgen.base.conventions import Severity
from promgen.base.durations import MINUTE, Duration
from promgen.compiler.ir.proofs import Case, Question, Samples, Unproved
from promgen.compiler.proofs.alert_cast import calm_cast, cast_of, samples_of
from promgen.compiler.proofs.alert_conditions import Compared, Condition, Leaf, condition_of, leaves
from promgen.compiler.proofs.alert_lane import Lane, Wave
from promgen.compiler.proofs.alert_levels import LevelsTale
from promgen.compiler.proofs.alert_pace import Pace, pace_of
from promgen.compiler.proofs.alert_questions import Asked
from promgen.compiler.proofs.alert_scene import Play
from promgen.compiler.proofs.alert_story import Holds, Rung, Story
from promgen.compiler.proofs.alert_ways import WaysTale
from promgen.model.alert import Alert, Level
from promgen.model.catalog import Service, Target
from promgen.promql import LabelMatcher, Node, Subquery, Vector, parse, tree, walk
from promgen.promql.steady import absent_labels
from promgen.promql.steady_operators import COMPARE, Unsteady

_AT_ONCE = Duration(0)
_WAVES = 20
"""How often a level that must vary did so before anything happens; enough for three standard deviations to be possible."""
_READY_TRIES = 60
_LONGEST_HANDOVER_STEP = MINUTE * 4
"""Severities hand over by reading `ALERTS` of the evaluation before, which is seen for less than five minutes."""


def alert_proofs(alert: Alert, service: Service, target: Target) -> tuple[list[Case], list[Unproved]]:
    """The cases of an alert, and what cannot be shown of it, with the reason."""
    subject = _Subject(alert, service, target)
    cases: list[Case] = []
    unproved: list[Unproved] = []
    for scope in subject.scopes():
        try:
            cases += subject.cases(scope)
        except (Unsteady, ValueError) as reason:
            unproved.append(Unproved(alert.key, scope.name, str(reason)))
    return cases, unproved


class _Scope(NamedTuple):
    """Series with some labels, and the thresholds that are theirs."""

    name: str
    labels: Mapping[str, str]
    thresholds: Mapping[Severity, Decimal]


class _Plot(NamedTuple):
    """A story before it is told."""

    story: Story
    condition: Condition
    guards_come_late: bool = False
    """Whether what must hold besides the threshold only holds when enough time has passed."""


@dataclass(frozen=True)
class _Subject:
    """An alert, and what its proof needs to know besides."""

    alert: Alert
    service: Service
    target: Target

    def scopes(self) -> Iterator[_Scope]:
        """All series but those with overrides, and those of each override."""
        yield _Scope("thresholds" if self.alert.comparison else "condition", {}, {})
        for override in self.alert.overrides:
            where = " and ".join(f"{label} is {value}" for label, value in override.labels.items())
            yield _Scope(f"thresholds where {where}", override.labels, override.thresholds)

    def cases(self, scope: _Scope) -> Iterator[Case]:
        """Everything that is shown of a scope; raise Unsteady or ValueError where nothing can be made to happen."""
        rungs = self._rungs(scope)
        plot = self._measured(scope, rungs)
        story = plot.story
        if len(rungs) > 1 and story.lane.pace.step > _LONGEST_HANDOVER_STEP:
            self._tell(plot, rungs[:1])
            yield self._case(f"{scope.name}, the lowest", story, has_bystanders=not scope.labels)
            recorded = self._recorded(story.labels, rungs)
            self._tell(recorded, rungs)
            yield self._case(f"{scope.name} of the recorded value", recorded.story, has_bystanders=False)
        else:
            self._tell(plot, rungs)
            yield self._case(scope.name, story, has_bystanders=not scope.labels)
        if self.alert.absence is not None and not scope.labels:
            yield self._absence_case(story)

    # --- what happens

    def _rungs(self, scope: _Scope) -> tuple[Rung, ...]:
        """The severities, lowest first; of those that are printed alike only the one that is reached first is an alert."""
        rungs: dict[str, Rung] = {}
        for level in reversed(self.alert.levels):
            severity = self.target.severity_value(level.severity)
            rungs.setdefault(severity, Rung(severity, self._bound(level, scope), level.hold or _AT_ONCE))
        return tuple(rungs.values())

    def _bound(self, level: Level, scope: _Scope) -> float | None:
        bound = scope.thresholds.get(level.severity, level.threshold)
        return None if bound is None or self.alert.comparison is None else float(bound)

    def _measured(self, scope: _Scope, rungs: Sequence[Rung]) -> _Plot:
        """The measured series at their beginning."""
        root = tree(parse(self.alert.expr))
        play, condition = self._play(root, rungs)
        sources = play.sources(play.lane(0, scope.labels))
        holds = self._holds(rungs)
        lane = Lane(sources=sources, pace=pace_of(root, holds, _AT_ONCE))
        if any(source.is_waving for source in sources):
            ready = _wave_step(root) * _WAVES
            pace = pace_of(root, holds, ready)
            wave = Wave(_wave_step(root).ms // pace.interval.ms, ready.ms // pace.interval.ms)
            return self._plot(play, Lane(sources=sources, pace=pace, wave=wave), condition, rungs)
        plot = self._plot(play, lane, condition, rungs)
        guards = leaves(condition)[1:] if self.alert.comparison else ()
        ready = _ready(plot.story, guards)
        if not ready.ms:
            return plot
        lane = Lane(sources=sources, pace=pace_of(root, holds, ready))
        return self._plot(play, lane, condition, rungs)._replace(guards_come_late=True)

    def _recorded(self, labels: Mapping[str, str], rungs: Sequence[Rung]) -> _Plot:
        """The value that the alert compares, given instead of measured."""
        own = {names.ALERT_LABEL: self.alert.name, **self._asked.identity}
        matchers = tuple(LabelMatcher(name, "=", text) for name, text in sorted(own.items()))
        play, condition = self._play(Vector(names.ALERT_VALUE, matchers), rungs)
        pace = pace_of(play.root, self._holds(rungs), _AT_ONCE, _LONGEST_HANDOVER_STEP)
        return self._plot(play, Lane(sources=play.sources({**labels, **own}), pace=pace), condition, rungs)

    def _play(self, root: Node, rungs: Sequence[Rung]) -> tuple[Play, Condition]:
        comparison, lowest = self.alert.comparison, rungs[0].bound
        condition = condition_of(root, None if comparison is None or lowest is None else (comparison, lowest))
        compared = [leaf for leaf in leaves(condition) if isinstance(leaf, Compared)]
        bounds = [rung.bound for rung in rungs if rung.bound is not None]
        play = Play(
            root=root,
            bounds=tuple(bounds or [leaf.bound for leaf in compared if not leaf.is_difference]),
            differences=tuple(leaf.value for leaf in compared if leaf.is_difference),
        )
        return play, condition

    def _plot(self, play: Play, lane: Lane, condition: Condition, rungs: Sequence[Rung]) -> _Plot:
        return _Plot(
            Story(play=play, lane=lane, driven=lane.begun(), is_calm=self._is_calm(rungs[0])), condition
        )

    def _is_calm(self, lowest: Rung) -> Holds:
        if self.alert.comparison is None or lowest.bound is None:
            return lambda result: not result
        compare, bound = COMPARE[self.alert.comparison], lowest.bound
        return lambda result: not any(compare(one.value, bound) for one in result)

    def _holds(self, rungs: Iterable[Rung]) -> list[Duration]:
        """What has to be waited for, one after the other."""
        return [*(rung.hold for rung in rungs), self.alert.keep_firing_for or _AT_ONCE]

    def _tell(self, plot: _Plot, rungs: Sequence[Rung]) -> None:
        kept = self.alert.keep_firing_for or _AT_ONCE
        if self.alert.comparison is None:
            WaysTale(story=plot.story, condition=plot.condition, rung=rungs[0], kept=kept).tell()
            return
        leaf, *guards = leaves(plot.condition)
        assert isinstance(leaf, Compared)
        LevelsTale(
            story=plot.story,
            leaf=leaf,
            rungs=rungs,
            kept=kept,
            guards=guards,
            guards_come_late=plot.guards_come_late,
        ).tell()

    # --- what is written

    @cached_property
    def _asked(self) -> Asked:
        return Asked(self.alert, self.service, self.target)

    def _case(self, name: str, story: Story, *, has_bystanders: bool) -> Case:
        length = story.now // story.lane.pace.interval.ms + 1
        samples = samples_of(cast_of(story, has_bystanders=has_bystanders), length)
        return self._written(name, story.lane.pace, samples, map(self._asked.at, story.marks))

    def _absence_case(self, story: Story) -> Case:
        """Nothing for long enough, then everything as it was while nothing fired."""
        absence, pace = self.alert.absence, story.lane.pace
        assert absence is not None
        due, step = story.due(0, absence.after), pace.step.ms
        begin = due + 2 * step
        end = begin + story.settle + 2 * step
        cast = calm_cast(story, absence.expr)
        samples = samples_of(cast, end // pace.interval.ms + 1, begin // pace.interval.ms)
        # A value that is recorded has lost the labels by which it was selected, so they are not asked for.
        watched = absent_labels(tree(parse(absence.expr or self.alert.expr)))
        ignored = () if absence.expr else tuple(watched)
        labels = watched if absence.expr else {}
        severity = self.target.severity_value(absence.severity)
        answer = self._asked.answer(self._asked.absence_name, severity, labels)
        questions = (
            self._asked.firing(Duration(due - step), ignored=ignored),
            self._asked.firing(Duration(due), [answer], ignored=ignored),
            self._asked.firing(Duration(end), ignored=ignored),
        )
        return self._written("missing data", pace, samples, questions)

    def _written(
        self, name: str, pace: Pace, samples: tuple[Samples, ...], questions: Iterable[Question]
    ) -> Case:
        return Case(
            name,
            self.alert.key,
            (names.alert_group(self.alert.service),),
            samples,
            tuple(questions),
            interval=pace.interval,
            step=pace.step,
        )


def _wave_step(root: Node) -> Duration:
    """The time after which a level that must vary changes: the step at which its history is looked at."""
    steps = [node.step_ms for node in walk(root) if isinstance(node, Subquery) and node.step_ms]
    return Duration(min(steps, default=MINUTE.ms))


def _ready(story: Story, guards: Sequence[Leaf]) -> Duration:
    """How long everything must be as usual until what must hold besides does; zero where that takes no time."""
    pace = story.lane.pace
    first = pace.history.ms + pace.settle.ms
    moments = (first + tried * pace.settle.ms for tried in range(_READY_TRIES))
    for at in moments:
        if all(story.holds(guard, story.driven, at) for guard in guards):
            return Duration(at) if at > first else _AT_ONCE
    raise Unsteady("what must hold besides the threshold never does")
