"""The series of a case: those of a story, and others beside them that must not matter.

A bystander is a second lane, as calm as the first was to begin with: it would change what fires if the lanes were merged.
A decoy is a series that all matchers of a selector but one choose, at an amount that would decide what fires.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

from promgen.compiler.ir.proofs import Samples
from promgen.compiler.proofs.alert_disguise import Disguise
from promgen.compiler.proofs.alert_lane import Amount, Driven, Lane
from promgen.compiler.proofs.alert_scene import Play, Source, Use, decoys
from promgen.compiler.proofs.alert_story import Story
from promgen.promql import LabelMatcher, Node, Vector, format_selector, matches, walk
from promgen.promql.courses import Course, Stretch
from promgen.promql.steady import Series
from promgen.promql.steady_operators import Labels

_FARTHER = 9
"""How many times the distance between calm and the worst a decoy goes beyond it."""

Cast = Mapping[tuple[str, Labels], Course]
"""Courses by the metric and the labels of the series."""


def cast_of(story: Story, watched: Node | None, *, has_bystanders: bool) -> Cast:
    """Everything that is on while the story is told; `watched` is another expression that must not be without series."""
    beside = _bystanders(story) if has_bystanders else {}
    return {**_watched(story, watched), **_decoys(story), **beside, **_courses(story.lane, story.driven)}


def calm_cast(story: Story, watched: Node | None) -> Cast:
    """The series as they were while nothing fired."""
    calm = _courses(story.lane, story.calm or story.lane.begun())
    return {**_watched(story, watched), **calm}


def _watched(story: Story, watched: Node | None) -> Cast:
    """The series of another expression, unless the story has them."""
    if watched is None:
        return {}
    play = Play(root=watched)
    if all(any(_chooses(use, one) for one in story.lane.series) for use in play.uses()):
        return {}
    lane = Lane(sources=play.sources(play.lane(0)), pace=story.lane.pace)
    return _courses(lane, lane.begun())


def samples_of(cast: Cast, disguise: Disguise, length: int, first: int = 0) -> tuple[Samples, ...]:
    """So many samples of each; those before the first are missing."""
    return tuple(
        Samples(_written(metric, disguise.shown(dict(labels))), _delayed(course, first).printed(length))
        for (metric, labels), course in cast.items()
    )


def _courses(lane: Lane, driven: Driven) -> Cast:
    return dict(zip(map(_key, lane.series), driven.courses, strict=True))


def _bystanders(story: Story) -> Cast:
    play, lane = story.play, story.lane
    labels = play.lane(1)
    if story.calm is None or labels == play.lane(0):
        return {}
    other = Lane(sources=play.sources(labels), pace=lane.pace, wave=lane.wave)
    return _courses(other, story.calm) if story.is_the_same_beside(other, story.calm) else {}


def _decoys(story: Story) -> Cast:
    found: dict[tuple[str, Labels], Course] = {}
    first = _late(story)
    for place, source in enumerate(story.lane.sources):
        amount = _exaggerated(source, [amounts[place] for amounts in story.past])
        lane = Lane(sources=(replace(source, amount=amount),), pace=story.lane.pace)
        course = _delayed(lane.begun().courses[0], first)
        found.update({_key(series): course for series in decoys(source, story.play.uses())})
    return found


def _late(story: Story) -> int:
    """The first sample of decoys: where a selector stands in several places, each must choose its own at first."""
    vectors = [node for node in walk(story.play.root) if isinstance(node, Vector)]
    if len(vectors) == len(story.play.uses()):
        return 0
    fired = next((mark.at.ms for mark in story.marks if mark.firing), 0)
    return fired // story.lane.pace.interval.ms + 1


def _exaggerated(source: Source, amounts: Iterable[Amount]) -> float:
    """Far beyond all amounts, seen from the first; at the other end where an aggregation takes only that one."""
    given = [amount for amount in amounts if amount is not None]
    wild = next((amount for amount in given if not math.isfinite(amount)), None)
    if wild is not None:
        return wild
    calm = given[0] if given else source.amount
    farthest = max(given, key=lambda amount: abs(amount - calm), default=calm)
    rises = farthest >= calm
    if source.use.aggregation == ("min" if rises else "max"):
        return 0.0 if rises else calm * _FARTHER
    if farthest == calm:
        return calm * _FARTHER
    far = farthest + _FARTHER * (farthest - calm)
    return far if source.kind == "trend" else max(far, 0.0)


def _chooses(use: Use, series: Series) -> bool:
    return use.vector.metric == series.metric and matches(use.matchers, series.labels)


def _delayed(course: Course, number: int) -> Course:
    if not number:
        return course
    later = (stretch._replace(start=stretch.start + number) for stretch in course.stretches)
    return Course((Stretch(0, None), *later))


def _key(series: Series) -> tuple[str, Labels]:
    return series.metric, tuple(sorted(series.labels.items()))


def _written(metric: str, labels: Mapping[str, str]) -> str:
    return format_selector(metric, [LabelMatcher(name, "=", text) for name, text in labels.items()])
