"""Proof that the error ratio of every window is what was counted, whatever is missing, late or begun anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from promgen.base import conventions as names
from promgen.base.durations import HOUR, MINUTE, Duration
from promgen.compiler.ir.proofs import Answer, Case
from promgen.compiler.proofs.drivers import EventDriver, Growth
from promgen.compiler.proofs.predictions import History, events, louder
from promgen.compiler.proofs.scenes import Scene
from promgen.compiler.proofs.subject import OF_MINUTES, near, standing
from promgen.compiler.proofs.timeline import Moment, Piece, case_of, counter, level
from promgen.model.burnrate import PAIR_WINDOW

_TRAFFIC = 6000.0
"""Events in one interval."""
_LATE = 4
"""Age, in intervals, at which a series is first seen."""
_FEW = 1e-6
"""A ratio for which nothing fires."""
_LOSSES = ((MINUTE * 55, True), (MINUTE * 65, False))
"""How long ago a group was counted for the last time, and whether it is missed still."""


def value_cases(scene: Scene) -> Iterator[Case]:
    """Values, and silence where nothing is wrong."""
    yield _case(
        scene,
        "the error ratio of every window is what was counted, and healthy traffic fires nothing",
        [_healthy(scene), _profile(scene)],
    )
    near_by = scene.within(HOUR)
    moments: list[Moment] = []
    if scene.subject.slo.absence is not None and scene.subject.groups[1:]:
        # They come first: what was measured at one moment and is not at the next is marked as gone then.
        moments += [_lost(near_by, age, is_missed=is_missed) for age, is_missed in _LOSSES]
    if scene.driver is not None and scene.subject.slo.exclusions and scene.subject.groups[1:]:
        moments.append(_only_recorded(near_by))
    moments.append(_idle(near_by))
    if isinstance(scene.driver, EventDriver):
        moments += [_part_absent(near_by, scene.driver), _born_late(near_by, scene.driver)]
        if scene.driver.part == "good":
            moments += _stopped(near_by, scene.driver)
    yield _case(near_by, "idle or incomplete traffic burns no budget", moments)


def _case(scene: Scene, name: str, moments: Sequence[Moment]) -> Case:
    groups = (scene.subject.main,)
    return case_of(scene.subject, name, moments, apart=scene.spacing, groups=groups, interval=scene.interval)


def _profile(scene: Scene) -> Moment:
    """Another ratio for every window, while other SLOs and series that do not match burn."""
    history = louder(scene.predictor.profile(), _TRAFFIC)
    moment = scene.moment(history)
    scene.distract(moment)
    _ask_ratios(scene, moment, history)
    _ask_pair(scene, moment, history)
    return moment


def _ask_pair(scene: Scene, moment: Moment, history: History) -> None:
    total, bad = events(history, scene.predictor.now)
    group = scene.subject.groups[0]
    for metric, amount in ((names.TOTAL_EVENTS, total), (names.BAD_EVENTS, bad)):
        moment.ask(*near(scene.subject.series(metric, group), amount / float(PAIR_WINDOW.seconds)))


def _ask_ratios(scene: Scene, moment: Moment, history: History) -> None:
    for window in scene.predictor.by_length:
        series = scene.subject.series(names.error_ratio(window), scene.subject.groups[0])
        moment.ask(*near(series, scene.predictor.ratio(history, window)))


def _healthy(scene: Scene) -> Moment:
    """An hour and more without a failure."""
    moment = scene.moment(scene.predictor.constant(0.0, _TRAFFIC))
    _ask_silence(scene, moment)
    return moment


def _idle(scene: Scene) -> Moment:
    """The series exist and nothing happens."""
    moment = scene.moment(scene.predictor.constant(0.0, 0.0))
    _ask_silence(scene, moment)
    _ask_zero(scene, moment)
    return moment


def _ask_zero(scene: Scene, moment: Moment) -> None:
    """The pair and every ratio of the first group are exactly 0, with no label more; and nothing is without a value."""
    subject, group = scene.subject, scene.subject.groups[0]
    metrics = [names.TOTAL_EVENTS, names.BAD_EVENTS, *map(names.error_ratio, subject.windows)]
    zeros = tuple(Answer(subject.series(metric, group), "0") for metric in metrics)
    moment.ask(subject.matching("|".join(metrics), group), zeros)
    every = subject.matching("slo:.+")
    moment.ask(f"{every} unless {every} > -Inf < Inf")


def _ask_silence(scene: Scene, moment: Moment) -> None:
    moment.ask(scene.subject.states(OF_MINUTES))


def _part_absent(scene: Scene, driver: EventDriver) -> Moment:
    """A service that never failed has no series of failures; one that never succeeded has none of successes."""
    ratio = 0.0 if driver.part == "bad" else 1.0
    history = scene.predictor.constant(ratio, _TRAFFIC)
    moment = scene.moment(history, without=driver.part)
    _ask_ratios(scene, moment, history)
    _ask_pair(scene, moment, history)
    moment.ask(scene.subject.states(f'alertname="{names.ABSENCE_ALERT}"'))
    return moment


def _stopped(scene: Scene, driver: EventDriver) -> Iterator[Moment]:
    """What never succeeded and is not measured any more is bad in every window that has seen it, and in no shorter one."""
    group = scene.subject.groups[0]
    for window in scene.predictor.windows[1:]:
        if window.source == "measured":
            moment = Moment()
            growth = [Growth(_LATE, _TRAFFIC, _TRAFFIC)]
            age = window.intervals - 2 + _LATE
            for series, piece in driver.samples(group, age, growth, without="good"):
                moment.add(series, [piece])
            moment.ask(*near(scene.subject.series(names.error_ratio(window.length), group), 1.0))
            yield moment


def _born_late(scene: Scene, driver: EventDriver) -> Moment:
    """Half of the events fail; the measured part is first seen late, and then all counters begin anew."""
    moment = Moment()
    group = scene.subject.groups[0]
    for channel in driver.channels:
        share = 0.5 if channel.role != "all" else 1.0
        for series, part in driver.replicas(channel, group):
            first = _LATE if channel.role == driver.part else scene.hour
            moment.add(series, _begun_anew(first, part * share * _TRAFFIC))
    seen = 0.5 * _LATE / scene.predictor.now
    total = 1.0 if driver.has_own_total else 0.5 + seen
    expected = seen / total if driver.part == "bad" else 1 - seen / total
    series = scene.subject.series(names.error_ratio(PAIR_WINDOW), group)
    moment.ask(f"count(abs({series} - {expected}) < 0.1 * {expected})", (Answer("{}"),))
    return moment


def _lost(scene: Scene, age: Duration, *, is_missed: bool) -> Moment:
    """The first group is counted, all others were for the last time so long ago."""
    moment = Moment()
    first, *others = scene.subject.groups
    if scene.driver is not None:
        scene.measure(moment, first, scene.predictor.constant(0.0, _TRAFFIC))
    else:
        moment.add(scene.subject.series(names.TOTAL_EVENTS, first), [level(scene.newest, [1.0])])
    since = age.ms // scene.interval.ms
    for group in others:
        moment.add(scene.subject.series(names.TOTAL_EVENTS, group), [level(since, [1.0])])
    alert = f'alertname="{names.LOST_GROUP_ALERT}"'
    absence = scene.subject.slo.absence
    state = "pending" if absence is not None and absence.after.ms else "firing"
    missed = [standing(names.LOST_GROUP_ALERT, group, state=state) for group in others if is_missed]
    moment.ask(scene.subject.states(alert), tuple(missed))
    return moment


def _only_recorded(scene: Scene) -> Moment:
    """The first group is measured, the others are not: an SLO with exclusions takes the pair where nothing is measured."""
    first, *others = scene.subject.groups
    moment = Moment()
    scene.measure(moment, first, scene.predictor.constant(0.0, _TRAFFIC))
    for group in others:
        for metric, value in ((names.TOTAL_EVENTS, 1.0), (names.BAD_EVENTS, _FEW)):
            moment.add(scene.subject.series(metric, group), [level(scene.newest, [value])])
        for window in scene.predictor.windows:
            if window.source == "measured":
                moment.ask(*near(scene.subject.series(names.error_ratio(window.length), group), _FEW))
    return moment


def _begun_anew(first: int, growth: float) -> Iterable[Piece]:
    """A counter from some age on, which begins at zero again half way through what is left."""
    anew = 2
    yield counter(first, [(first - anew - 1, growth)])
    yield counter(anew, [(anew, growth)], start=growth)
