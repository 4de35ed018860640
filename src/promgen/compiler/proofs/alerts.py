"""The cases that prove an alert: series that bring it just below and just above each threshold, and what must fire when.

They follow from the alert's meaning alone. Where its expression looks so far back that evaluations must lie far apart, the
measured series show the lowest threshold, and the recorded value, given minute by minute, how severities hand over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, partial
from typing import NamedTuple

from promgen.base import conventions as names
from promgen.base.conventions import Severity
from promgen.base.durations import Duration
from promgen.compiler.ir.proofs import Case, Question, Samples, Unproved
from promgen.compiler.proofs.alert_cast import calm_cast, cast_of, samples_of
from promgen.compiler.proofs.alert_disguise import Disguise, disguise
from promgen.compiler.proofs.alert_pace import Pace
from promgen.compiler.proofs.alert_plot import Plot, tell_measured, tell_recorded, tell_unguarded
from promgen.compiler.proofs.alert_questions import Asked
from promgen.compiler.proofs.alert_story import Mark, Rung, Story
from promgen.model.alert import Alert, Level
from promgen.model.catalog import Service, Target
from promgen.promql import LabelMatcher, Node, Vector, parse, tree
from promgen.promql.steady import absent_labels
from promgen.promql.steady_ranges import Unsteady

_AT_ONCE = Duration(0)


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


class _Told(NamedTuple):
    """A story, and what the placeholders and rungs in it stand for."""

    story: Story
    hiding: Disguise
    severities: tuple[str, ...]


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
        rungs, root = self._rungs(scope), tree(parse(self.alert.expr))
        hiding = disguise(root)
        plot = self._plot(root, hiding, rungs, scope.labels)
        story, shows_all = tell_measured(plot)
        measured = _Told(story, hiding, tuple(rungs))
        name = scope.name if shows_all else f"{scope.name}, the lowest"
        yield self._case(name, measured, has_bystanders=not scope.labels)
        unguarded = tell_unguarded(plot)
        if unguarded is not None:
            told = measured._replace(story=unguarded)
            yield self._case(f"{scope.name}, but not what must hold besides", told, has_bystanders=False)
        if len(rungs) > 1 and not (shows_all and story.is_sharp):
            recorded = self._recorded(rungs, hiding.shown(story.labels))
            yield self._case(f"{scope.name} of the recorded value", recorded, has_bystanders=False)
        if self.alert.absence is not None and not scope.labels:
            yield self._absence_case(measured)

    # --- what happens

    def _rungs(self, scope: _Scope) -> dict[str, Rung]:
        """The severities, lowest first; of those that are printed alike only the one that is reached first is an alert."""
        rungs: dict[str, Rung] = {}
        for level in reversed(self.alert.levels):
            severity = self.target.severity_value(level.severity)
            rungs.setdefault(severity, Rung(self._bound(level, scope), level.hold or _AT_ONCE))
        return rungs

    def _bound(self, level: Level, scope: _Scope) -> float | None:
        bound = scope.thresholds.get(level.severity, level.threshold)
        return None if bound is None or self.alert.comparison is None else float(bound)

    def _plot(
        self, root: Node, hiding: Disguise, rungs: Mapping[str, Rung], labels: Mapping[str, str]
    ) -> Plot:
        return Plot(
            root=hiding.hidden(root),
            comparison=self.alert.comparison,
            rungs=tuple(rungs.values()),
            kept=self.alert.keep_firing_for or _AT_ONCE,
            given=tuple(sorted(hiding.hidden_labels(labels).items())),
        )

    def _recorded(self, rungs: Mapping[str, Rung], labels: Mapping[str, str]) -> _Told:
        """The story of the recorded value, which carries the labels of the measured one."""
        own = {names.ALERT_LABEL: self.alert.name, **self._asked.identity}
        matchers = (LabelMatcher(name, "=", text) for name, text in sorted(own.items()))
        value = Vector(names.ALERT_VALUE, tuple(matchers))
        hiding = disguise(value)
        story = tell_recorded(self._plot(value, hiding, rungs, {**labels, **own}))
        return _Told(story, hiding, tuple(rungs))

    # --- what is written

    @cached_property
    def _asked(self) -> Asked:
        return Asked(self.alert, self.service, self.target)

    def _case(self, name: str, told: _Told, *, has_bystanders: bool) -> Case:
        story = told.story
        length = story.now // story.lane.pace.interval.ms + 1
        cast = cast_of(story, self._watched(told.hiding), has_bystanders=has_bystanders)
        samples = samples_of(cast, told.hiding, length)
        return self._written(name, story.lane.pace, samples, map(partial(self._question, told), story.marks))

    def _question(self, told: _Told, mark: Mark) -> Question:
        """What must fire at a moment of a story; at a calm one nothing is pending either."""
        if mark.is_calm and not mark.firing:
            return self._asked.silence(mark.at)
        labels = told.hiding.shown(mark.labels)
        severities = (told.severities[place] for place in mark.firing)
        answers = [self._asked.answer(self.alert.name, severity, labels) for severity in severities]
        return self._asked.firing(mark.at, answers)

    def _absence_case(self, told: _Told) -> Case:
        """Nothing for long enough, then everything as it was while nothing fired."""
        absence, story = self.alert.absence, told.story
        assert absence is not None
        pace = story.lane.pace
        due, step = story.due(0, absence.after), pace.step.ms
        begin = due + 2 * step
        end = begin + story.settle + 2 * step
        cast = calm_cast(story, self._watched(told.hiding))
        samples = samples_of(cast, told.hiding, end // pace.interval.ms + 1, begin // pace.interval.ms)
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

    def _watched(self, hiding: Disguise) -> Node | None:
        """What the alert for missing data watches, where that is not what the alert itself does."""
        absence = self.alert.absence
        return hiding.hidden(tree(parse(absence.expr))) if absence is not None and absence.expr else None

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
