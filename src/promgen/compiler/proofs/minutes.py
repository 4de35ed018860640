"""Proof minute by minute: no data, then healthy traffic, then an outage, then its end; and a group that is lost.

Each stage has so much more traffic than the ones before that every window, long or short, sees little else. So an outage
and its end show at once, and what is left are the times that alerts wait: `for`, and how long they are kept firing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from promgen.base import conventions as names
from promgen.base.durations import MINUTE, Duration
from promgen.compiler.ir.proofs import Answer, Case, Question, Samples
from promgen.compiler.proofs.drivers import Growth
from promgen.compiler.proofs.scenes import Scene
from promgen.compiler.proofs.subject import Labels, selector, standing
from promgen.compiler.proofs.timeline import level
from promgen.model.slo import Absence, Tier

KEPT_FIRING = MINUTE * 15
"""How long a burn alert goes on where failures must be several: an empty window is no recovery."""
SANITY_HOLD = MINUTE * 15

_HEALTHY, _OUTAGE, _RECOVERED = 240.0, 240.0 * 2**12, 240.0 * 2**40
"""Events per minute."""
_DECIDED = 0.99
"""A threshold above it is not crossed for certain."""
_LOST = {True: 5, False: 1}
"""Minutes from the last sample of a group to its loss: counters have rates for a while, records end at once."""


@dataclass(frozen=True)
class Course:
    """The minutes at which things happen."""

    scene: Scene

    @cached_property
    def absence(self) -> Absence | None:
        return self.scene.subject.slo.absence

    @cached_property
    def start(self) -> int:
        """Of the first sample."""
        return self.absence.after.ms // MINUTE.ms + 1 if self.absence else 1

    @cached_property
    def outage(self) -> int:
        return self.start + 3

    @cached_property
    def recovery(self) -> int:
        holds = [tier.hold.ms // MINUTE.ms for tier in self.scene.subject.slo.tiers if tier.hold]
        return self.outage + max(holds, default=0) + 3

    @cached_property
    def kept(self) -> int:
        """Minutes that burn alerts go on."""
        return KEPT_FIRING.ms // MINUTE.ms if self.scene.subject.slo.min_bad_events is not None else 0

    @cached_property
    def slots(self) -> int:
        """Samples in a minute."""
        return MINUTE.ms // self.scene.interval.ms

    @cached_property
    def last_of_others(self) -> int:
        """The last sample of the groups that are lost; off the minute, so that no range begins with it."""
        return (self.start + 4) * self.slots - 1 if self.slots > 1 else self.start + 3

    @cached_property
    def lost(self) -> int:
        """The first evaluation without the others."""
        last = -(-self.last_of_others // self.slots)
        return last + _LOST[self.scene.driver is not None]

    @cached_property
    def end(self) -> int:
        end = self.recovery + self.kept + 2
        if self.absence and self.scene.subject.groups[1:]:
            end = max(end, self.lost + self.start)
        return end

    def span(self, tier: Tier) -> tuple[int, int, int]:
        """When both windows of a tier are above its threshold, when it fires, and when one of them is not any more."""
        # Windows that are summed from blocks follow an evaluation later.
        lags = [self.scene.predictor.uses_blocks(window) for window in (tier.long, tier.short)]
        begin = self.outage + max(lags)
        hold = tier.hold.ms // MINUTE.ms if tier.hold else 0
        return begin, begin + hold, self.recovery + min(lags)

    def state(self, tier: Tier, minute: int) -> str:
        """`pending`, `firing` or empty."""
        begin, fires, end = self.span(tier)
        if begin <= minute < end:
            return "firing" if minute >= fires else "pending"
        return "firing" if end <= minute < end + self.kept else ""


def minute_cases(scene: Scene) -> Iterator[Case]:
    """The course, and more failures than events."""
    course = Course(scene)
    yield _case(
        scene,
        "without data the absence alert fires after its `for`, and only it; then an outage and its end show at once",
        _samples(course),
        [*_absent(course), *_silent(course), *_burning(course), *_lost(course)],
    )
    if not scene.subject.slo.is_silent:
        yield _insane(scene)


def _case(scene: Scene, name: str, samples: Sequence[Samples], questions: Sequence[Question]) -> Case:
    return Case(
        name,
        scene.subject.slo.key,
        (scene.subject.main,),
        tuple(samples),
        tuple(sorted(questions, key=lambda question: question.at)),
        scene.interval,
        MINUTE,
        scene.subject.since,
    )


# --- samples


def _samples(course: Course) -> list[Samples]:
    scene = course.scene
    first, *others = scene.subject.groups
    stages = [
        (course.outage - course.start - 1, _HEALTHY, 0.0),
        (course.recovery - course.outage, _OUTAGE, _OUTAGE),
        (course.end - course.recovery + 1, _RECOVERED, 0.0),
    ]
    samples = [*_told(course, first, stages, None)]
    for group in others:
        samples += _told(course, group, [(0, _HEALTHY, 0.0)], course.last_of_others)
    for identity in scene.subject.decoys():
        series = names.TOTAL_EVENTS + selector({**identity, **first})
        samples.append(Samples(series, f"1x{course.end * course.slots}"))
    return samples


def _told(
    course: Course, group: Labels, stages: Sequence[tuple[int, float, float]], last: int | None
) -> Iterator[Samples]:
    """Stages of so many minutes with so many events each; with `last`, of the first stage up to that sample."""
    slots = course.slots
    growth = [Growth(count * slots, total / slots, bad / slots) for count, total, bad in stages]
    if last is not None:
        growth = [growth[0]._replace(times=last - course.start * slots)]
    lead = f"_x{course.start * slots} "
    scene = course.scene
    if scene.driver is not None:
        for series, piece in scene.driver.samples(group, 0, growth):
            yield Samples(series, lead + piece.values)
        return
    for metric, place in ((names.TOTAL_EVENTS, 1), (names.BAD_EVENTS, 2)):
        # A record has its first value at once, where a counter has its first sample.
        values = [
            float(step[place]) for step in (growth[0]._replace(times=1), *growth) for _ in range(step.times)
        ]
        printed = level(0, values, ends=last is not None).values
        yield Samples(scene.subject.series(metric, group), lead + printed)


# --- questions


def _at(minute: int, expr: str, *answers: Answer) -> Question:
    return Question(MINUTE * minute, expr, answers)


def _absent(course: Course) -> Iterator[Question]:
    if course.absence is None:
        return
    subject, fires = course.scene.subject, course.start - 1
    if fires:
        yield _at(fires - 1, subject.states(), standing(names.ABSENCE_ALERT, {}, state="pending"))
    labels = subject.alert_labels(course.absence.severity, {}, {})
    yield _at(fires, subject.alerts(), _firing(names.ABSENCE_ALERT, labels))


def _firing(name: str, labels: Labels) -> Answer:
    return Answer("ALERTS" + selector({"alertname": name, "alertstate": "firing", **labels}))


def _silent(course: Course) -> Iterator[Question]:
    subject = course.scene.subject
    yield _at(course.outage - 1, subject.states())
    burnt = subject.alerts(f'alertname!="{names.ABSENCE_ALERT}"')
    yield _at(course.outage - 1, f"count_over_time({burnt}[{Duration(course.outage * MINUTE.ms)}])")


def _burning(course: Course) -> Iterator[Question]:
    """What every tier says at each minute around a change."""
    subject = course.scene.subject
    tiers = [tier for tier in subject.slo.tiers if tier.threshold(subject.slo.objective) < _DECIDED]
    if not tiers:
        return
    names_of = "|".join(tier.name for tier in tiers)
    more = f'alertname="{names.BURN_ALERT}",{names.TIER_LABEL}=~"{names_of}"'
    for minute in _changes(course, tiers):
        states = [(tier, course.state(tier, minute)) for tier in tiers]
        answers = [
            standing(names.BURN_ALERT, subject.groups[0], tier.name, state) for tier, state in states if state
        ]
        yield _at(minute, subject.states(more), *answers)


def _changes(course: Course, tiers: Sequence[Tier]) -> list[int]:
    minutes = {course.outage, course.recovery - 1}
    for tier in tiers:
        begin, fires, end = course.span(tier)
        minutes |= {begin, fires - 1, fires, end - 1, end, end + course.kept - 1, end + course.kept}
    return sorted(minute for minute in minutes if minute >= course.outage)


def _lost(course: Course) -> Iterator[Question]:
    subject = course.scene.subject
    if course.absence is None or not subject.groups[1:]:
        return
    more, fires = f'alertname="{names.LOST_GROUP_ALERT}"', course.lost + course.start - 1
    others = subject.groups[1:]
    if course.start > 1:
        waiting = [standing(names.LOST_GROUP_ALERT, group, state="pending") for group in others]
        yield _at(fires - 1, subject.states(more), *waiting)
    severity = course.absence.severity
    labels = [subject.alert_labels(severity, group, {}) for group in others]
    yield _at(fires, subject.alerts(more), *(_firing(names.LOST_GROUP_ALERT, one) for one in labels))


# --- more bad events than events


def _insane(scene: Scene) -> Case:
    subject, fires = scene.subject, 1 + SANITY_HOLD.ms // MINUTE.ms
    group, more = subject.groups[0], f'alertname="{names.SANITY_ALERT}"'
    labels = subject.alert_labels(subject.slo.doubt_severity, group, {})
    return _case(
        scene,
        "more bad events than events are noticed after a quarter of an hour",
        list(_excess(scene, fires + 1)),
        [
            _at(fires - 1, subject.states(more), standing(names.SANITY_ALERT, group, state="pending")),
            _at(fires, subject.alerts(more), _firing(names.SANITY_ALERT, labels)),
        ],
    )


def _excess(scene: Scene, minutes: int) -> Iterator[Samples]:
    """More failures than events, measured where that can be; else as a total below zero, which no failures exceed."""
    subject, group = scene.subject, scene.subject.groups[0]
    slots = minutes * MINUTE.ms // scene.interval.ms
    if scene.driver is not None and scene.driver.can_exceed:
        growth = [Growth(slots, _HEALTHY, 1.5 * _HEALTHY)]
        for series, piece in scene.driver.samples(group, 0, growth):
            yield Samples(series, piece.values)
        return
    amounts = (
        {names.TOTAL_EVENTS: 10, names.BAD_EVENTS: 15} if scene.driver is None else {names.TOTAL_EVENTS: -10}
    )
    for metric, value in amounts.items():
        yield Samples(subject.series(metric, group), f"_ {value}x{slots}")
