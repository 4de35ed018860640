"""Proof that each burn-rate tier fires when it should, and only then.

Every case is about one tier and consists of histories, each seen at one moment: burns just above and just below its rate,
an outage that has just become long enough, a recovery. What all the tiers must say at that moment is computed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import ceil
from typing import NamedTuple

from promgen.base import conventions as names
from promgen.base.durations import Duration
from promgen.compiler.ir.proofs import Answer, Case
from promgen.compiler.proofs.predictions import History, Stretch, louder, scaled
from promgen.compiler.proofs.scenes import Scene
from promgen.compiler.proofs.subject import OF_MINUTES, Labels, Subject, selector, standing
from promgen.compiler.proofs.timeline import Moment, case_of
from promgen.model.burnrate import PAIR_WINDOW, tier_facts
from promgen.model.catalog import EVALUATION_INTERVAL
from promgen.model.slo import CompositeSli, Tier, TimeSliceSli

ABOVE, BELOW = 1.06, 0.94
"""How far beside a threshold a ratio lies: surely on one side, and far nearer than a quarter."""
_TRAFFIC = 6000.0
"""Events in one interval: so many that no guard of low traffic holds anything back."""


class Act(NamedTuple):
    """What has happened up to a moment, to the first group or to all others."""

    history: History
    recorded: History | None = None
    """What the pair says of it, where that differs."""
    to_others: bool = False
    asks_labels: bool = False
    outcome: bool | None = None
    """Where only the tier of the case is asked for: whether it fires, which is predicted without its ratios."""


def tier_cases(scene: Scene) -> Iterator[Case]:
    """One case for each tier."""
    for tier in scene.subject.slo.tiers:
        near_by = scene.within(max(tier.long, tier.short, PAIR_WINDOW))
        yield case_of(
            scene.subject,
            f"the tier {tier.name} fires just above its burn rate and not just below, in time, and ends in time",
            list(_moments(near_by, tier)),
            apart=near_by.spacing,
            groups=(scene.subject.main,),
            interval=scene.interval,
        )


def _moments(scene: Scene, tier: Tier) -> Iterator[Moment]:
    """Where alerts wait or go on for a while, quiet acts come first, and others after an evaluation without data."""
    slo, acts = scene.subject.slo, list(_acts(scene, tier))
    if slo.min_bad_events is None and not any(one.hold for one in slo.tiers):
        yield from (_moment(scene, tier, act) for act in acts)
        return
    quiet = [act for act in acts if not _is_loud(scene, act)]
    yield from (_moment(scene, tier, act) for act in quiet)
    for act in acts:
        if act not in quiet:
            yield from (_moment(scene, tier, act), Moment())


def _is_loud(scene: Scene, act: Act) -> bool:
    """Whether any tier may fire."""
    return act.outcome is not None or any(
        scene.predictor.fires(act.history, tier) is not False for tier in scene.predictor.tiers
    )


def _acts(scene: Scene, tier: Tier) -> Iterator[Act]:
    threshold = float(tier.threshold(scene.subject.slo.objective))
    if threshold >= 1:
        yield Act(scene.predictor.constant(1.0, _TRAFFIC))
        return
    above = min(threshold * ABOVE, (1 + threshold) / 2)
    burning = scene.predictor.constant(above, _TRAFFIC)
    yield Act(burning, asks_labels=True)
    yield Act(scene.predictor.constant(threshold * BELOW, _TRAFFIC))
    yield Act(_not_yet(scene, tier, threshold * BELOW))
    yield Act(_ending(scene, tier, above))
    yield Act(_ended(scene, tier, threshold * BELOW))
    yield from _timed(scene, tier)
    if scene.subject.slo.min_bad_events is not None:
        histories = _guarded(scene, tier, threshold, scene.subject.slo.min_bad_events)
        yield from (Act(history) for history in histories)
    if scene.subject.groups[1:]:
        yield Act(burning, to_others=True)


# --- histories


def _not_yet(scene: Scene, tier: Tier, target: float) -> History:
    """An outage that is too young for the long window, while every shorter one is full of it."""
    last = scene.predictor.place(tier.long)
    return _reaching(scene, [tier.long], target, ((0, place) for place in range(1, last + 1)))


def _ending(scene: Scene, tier: Tier, target: float) -> History:
    """Enough errors for both windows, as few of them recent as the short window can still see."""
    short, last = scene.predictor.place(tier.short), scene.predictor.place(tier.long)
    spans = [(short - 1, place) for place in range(short, last + 1)]
    spans += [(first, last) for first in range(short - 1, -1, -1)]
    return _reaching(scene, [tier.long, tier.short], target, spans)


def _ended(scene: Scene, tier: Tier, target: float) -> History:
    """A long outage of which the short window sees just too little."""
    short = scene.predictor.place(tier.short)
    spans = [(first, short) for first in range(short - 1, -1, -1)]
    recent = _reaching(scene, [tier.short], target, spans)
    older = scene.predictor.bad_within(short, len(scene.predictor.edges) + 1, _TRAFFIC)
    return [young._replace(bad=young.bad + old.bad) for young, old in zip(recent, older, strict=True)]


def _reaching(
    scene: Scene, windows: Sequence[Duration], target: float, spans: Iterable[tuple[int, int]]
) -> History:
    """Errors in the first of the spans in which there is room for so many that the lowest ratio is the target."""
    history: History = []
    for first, last in spans:
        history = scene.predictor.bad_within(first, last, _TRAFFIC)
        ratio = min(scene.predictor.ratio(history, window) for window in windows)
        if ratio >= target:
            return scaled(history, target / ratio)
    return history


# --- moments


def _moment(scene: Scene, tier: Tier, act: Act) -> Moment:
    """An act, and what is asked: all tiers but those beyond the scene and those that the history is too near to."""
    if act.to_others:
        moment = scene.moment_of_another(act.history)
        groups = scene.subject.groups[1:]
    else:
        moment = scene.moment(act.history, recorded=act.recorded)
        groups = scene.subject.groups[:1]
    if act.outcome is not None:
        answers = [_standing(tier, group) for group in groups if act.outcome]
        moment.ask(scene.subject.states(f'{names.TIER_LABEL}="{tier.name}"'), tuple(answers))
        return moment
    firing, asked = _verdicts(scene, act.history)
    answers = [_standing(one, group) for group in groups for one in firing]
    moment.ask(scene.subject.states(asked), tuple(answers))
    if act.asks_labels:
        labelled = tuple(_labelled(scene.subject, one, groups[0]) for one in firing)
        moment.ask(scene.subject.alerts(asked), labelled)
    return moment


def _verdicts(scene: Scene, history: History) -> tuple[list[Tier], str]:
    """The tiers that fire, and matchers that leave out those of which that cannot be said."""
    predictor = scene.predictor
    verdicts = {tier.name: (tier, predictor.fires(history, tier)) for tier in predictor.tiers}
    left_out = [
        tier.name for tier in scene.subject.slo.tiers if verdicts.get(tier.name, (tier, None))[1] is None
    ]
    firing = [tier for tier, verdict in verdicts.values() if verdict]
    without = [f'{names.TIER_LABEL}!~"{"|".join(left_out)}"'] if left_out else []
    return firing, ",".join([OF_MINUTES, *without])


def _state(tier: Tier) -> str:
    """At its first evaluation an alert with a `for` is pending."""
    return "pending" if tier.hold else "firing"


def _standing(tier: Tier, group: Labels) -> Answer:
    return standing(names.BURN_ALERT, group, tier.name, _state(tier))


def _labelled(subject: Subject, tier: Tier, group: Labels) -> Answer:
    """The alert of a tier with all its labels."""
    labels = subject.alert_labels(tier.severity, group, {names.TIER_LABEL: tier.name})
    return Answer("ALERTS" + selector({"alertname": names.BURN_ALERT, "alertstate": _state(tier), **labels}))


# --- the low-traffic guard


def _guarded(scene: Scene, tier: Tier, threshold: float, least: int) -> Iterator[History]:
    """The number of failures that the guard demands, just reached and just not; and traffic that has ended."""
    burning = scene.predictor.constant(min(1.0, 3 * threshold), _TRAFFIC)
    counted = scene.predictor.bad_events(burning, tier.long)
    for factor in (ABOVE, BELOW):
        yield louder(burning, factor * (least - 0.5) / counted)
    if least > 1:
        yield _single_failure(scene)
    short = scene.predictor.place_in_pair(max(tier.short, PAIR_WINDOW))
    yield _outage_then(scene, short, [0.0] * short)
    if short > 1:
        yield _outage_then(scene, short, [*[0.0] * (short - 1), _TRAFFIC])


def _single_failure(scene: Scene) -> History:
    """A request now and then, of which the last one fails."""
    quiet = scene.predictor.bad_within(0, 1, 0.01)
    return [quiet[0]._replace(total=1 / quiet[0].length, bad=1 / quiet[0].length), *quiet[1:]]


def _outage_then(scene: Scene, place: int, traffic: Sequence[float]) -> History:
    """Everything failed, until before some edge; since then this much traffic up to each edge, and no failure."""
    outage = scene.predictor.constant(1.0, _TRAFFIC)
    since = [Stretch(old.length, new, 0.0) for old, new in zip(outage[:place], traffic, strict=True)]
    return [*since, *outage[place:]]


# --- against the prediction


def _timed(scene: Scene, tier: Tier) -> Iterator[Act]:
    """A total outage: silent before the earliest moment that the model predicts, firing at the latest."""
    facts = tier_facts(scene.subject.slo, tier, scrape=scene.interval, evaluation=EVALUATION_INTERVAL)
    earliest, latest = (moment.ms / scene.interval.ms for moment in facts.detection)
    window = scene.predictor.by_length[tier.long]
    intervals = tier.long.ms // scene.interval.ms
    if (
        window.source == "measured"
    ):  # it holds an increment less than samples, so its ratio is that much higher
        earliest *= window.intervals / intervals
    elif window.source == "blocks":  # it holds a block more at this moment, so its ratio is that much lower
        latest *= window.intervals / intervals
    for elapsed, fires in ((ceil(earliest) - 1, False), (ceil(latest), True)):
        if elapsed > 0:
            history = _outage(scene, [Stretch(elapsed, _TRAFFIC, _TRAFFIC)])
            yield Act(history, _outage(scene, _smeared(scene, elapsed)), outcome=fires)


def _outage(scene: Scene, since: History) -> History:
    """Healthy until the outage began."""
    beyond = scene.predictor.edges[-1] + scene.hour
    healthy = Stretch(beyond - sum(stretch.length for stretch in since), _TRAFFIC, 0.0)
    return scene.predictor.cut([*since, healthy])


def _smeared(scene: Scene, elapsed: int) -> History:
    """What the pair says of a total outage that began so many intervals ago."""
    onset = _onset(scene)
    if onset is not None:
        bad = max(0, elapsed - onset.ms // scene.interval.ms)
        return [Stretch(bad, _TRAFFIC, _TRAFFIC), Stretch(elapsed - bad, _TRAFFIC, 0.0)]
    looks_back = scene.predictor.now
    if elapsed < looks_back:
        return [Stretch(1, _TRAFFIC, _TRAFFIC * (elapsed - age) / looks_back) for age in range(elapsed)]
    ramp = looks_back - 1
    return [Stretch(elapsed - ramp, _TRAFFIC, _TRAFFIC), Stretch(ramp, _TRAFFIC, _TRAFFIC / 2)]


def _onset(scene: Scene) -> Duration | None:
    """How long an outage lasts before a minute is bad, for indicators whose minutes are good or bad as a whole."""
    sli = scene.subject.slo.sli
    if isinstance(sli, TimeSliceSli) and sli.length >= PAIR_WINDOW:
        return Duration(int(sli.max_error_ratio * sli.length.ms))
    if isinstance(sli, CompositeSli) and sli.combine == "any_bad":
        return Duration(int(min(part.value for part in sli.parts) * PAIR_WINDOW.ms))
    return None
