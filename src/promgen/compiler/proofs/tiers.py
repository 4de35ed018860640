"""Proof that each burn-rate tier fires when it should, and only then.

Every case is about one tier and consists of histories, each seen at one moment: burns just above and just below its rate,
an outage that has just become long enough, a recovery. What all the tiers must say at that moment is computed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import ceil

from promgen.base import conventions as names
from promgen.base.durations import Duration
from promgen.compiler.ir.proofs import Answer, Case
from promgen.compiler.proofs.predictions import History, Stretch, louder, scaled
from promgen.compiler.proofs.scenes import Scene
from promgen.compiler.proofs.subject import Labels, selector, standing
from promgen.compiler.proofs.timeline import Moment, case_of
from promgen.model.burnrate import PAIR_WINDOW, tier_facts
from promgen.model.catalog import EVALUATION_INTERVAL
from promgen.model.slo import CompositeSli, Tier, TimeSliceSli

ABOVE, BELOW = 1.06, 0.94
"""How far beside a threshold a ratio lies: surely on one side, and far nearer than a quarter."""
_TRAFFIC = 6000.0
"""Events in one interval: so many that no guard of low traffic holds anything back."""


def tier_cases(scene: Scene) -> Iterator[Case]:
    """One case for each tier."""
    for tier in scene.subject.slo.tiers:
        moments = list(_apart(scene, _moments(scene, tier)))
        yield case_of(
            scene.subject,
            f"the tier {tier.name} fires just above its burn rate and not just below, in time, and ends in time",
            moments,
            days=scene.days,
            groups=(scene.subject.main,),
            interval=scene.interval,
        )


def _apart(scene: Scene, moments: Iterable[Moment]) -> Iterator[Moment]:
    """Where alerts go on for a while, an evaluation without data after each moment gives them time to end."""
    for moment in moments:
        yield moment
        if scene.subject.slo.min_bad_events is not None:
            yield Moment()


def _moments(scene: Scene, tier: Tier) -> Iterator[Moment]:
    threshold = float(tier.threshold(scene.subject.slo.objective))
    if threshold >= 1:
        yield _asked(scene, scene.predictor.constant(1.0, _TRAFFIC))
        return
    above = min(threshold * ABOVE, (1 + threshold) / 2)
    burning = scene.predictor.constant(above, _TRAFFIC)
    first = _asked(scene, burning)
    _ask_labels(scene, first, burning)
    yield first
    yield _asked(scene, scene.predictor.constant(threshold * BELOW, _TRAFFIC))
    yield _asked(scene, _not_yet(scene, tier, threshold * BELOW))
    yield _asked(scene, _ending(scene, tier, above))
    yield _asked(scene, _ended(scene, tier, threshold * BELOW))
    yield from _timed(scene, tier)
    if scene.subject.slo.min_bad_events is not None:
        yield from _guarded(scene, tier, threshold, scene.subject.slo.min_bad_events)
    if scene.subject.groups[1:]:
        yield _in_another_group(scene, burning)


def _not_yet(scene: Scene, tier: Tier, target: float) -> History:
    """An outage that is too young for the long window, while every shorter one is full of it."""
    last = scene.predictor.place(tier.long)
    return _reaching(scene, tier.long, target, ((0, place) for place in range(1, last + 1)))


def _ending(scene: Scene, tier: Tier, target: float) -> History:
    """Enough errors for the long window, as few of them recent as the short window can still see."""
    short, last = scene.predictor.place(tier.short), scene.predictor.place(tier.long)
    spans = [(short - 1, place) for place in range(short, last + 1)]
    return _reaching(
        scene, tier.long, target, [*spans, *((first, last) for first in range(short - 1, -1, -1))]
    )


def _ended(scene: Scene, tier: Tier, target: float) -> History:
    """A long outage of which the short window sees just too little."""
    short = scene.predictor.place(tier.short)
    spans = [(first, short) for first in range(short - 1, -1, -1)]
    recent = _reaching(scene, tier.short, target, spans)
    older = scene.predictor.bad_within(short, len(scene.predictor.edges) + 1, _TRAFFIC)
    return [young._replace(bad=young.bad + old.bad) for young, old in zip(recent, older, strict=True)]


def _reaching(scene: Scene, window: Duration, target: float, spans: Iterable[tuple[int, int]]) -> History:
    """Errors in the first of the spans in which there is room for so many that the window's ratio is the target."""
    history: History = []
    for first, last in spans:
        history = scene.predictor.bad_within(first, last, _TRAFFIC)
        ratio = scene.predictor.ratio(history, window)
        if ratio >= target:
            return scaled(history, target / ratio)
    return history


def _asked(scene: Scene, history: History) -> Moment:
    """A moment at which all tiers are asked for, but those that the history is too near to."""
    moment = scene.moment(history)
    firing, doubtful = scene.predictor.firing(history)
    group = scene.subject.groups[0]
    moment.ask(_states(scene, doubtful), tuple(_standing(tier, group) for tier in firing))
    return moment


def _states(scene: Scene, doubtful: Iterable[Tier]) -> str:
    left_out = "|".join(tier.name for tier in doubtful)
    return scene.subject.states(f'{names.TIER_LABEL}!~"{left_out}"' if left_out else "")


def _standing(tier: Tier, group: Labels) -> Answer:
    """At its first evaluation an alert with a `for` is pending."""
    return standing(names.BURN_ALERT, group, tier.name, "pending" if tier.hold else "firing")


def _ask_labels(scene: Scene, moment: Moment, history: History) -> None:
    """All labels of every tier that burns."""
    group = scene.subject.groups[0]
    firing, doubtful = scene.predictor.firing(history)
    answers = []
    for tier in firing:
        labels = scene.subject.alert_labels(tier.severity, group, {names.TIER_LABEL: tier.name})
        state = "pending" if tier.hold else "firing"
        answers.append(
            Answer("ALERTS" + selector({"alertname": names.BURN_ALERT, "alertstate": state, **labels}))
        )
    left_out = "|".join(tier.name for tier in doubtful)
    more = f'{names.TIER_LABEL}!~"{left_out}"' if left_out else ""
    moment.ask(scene.subject.alerts(more), tuple(answers))


def _in_another_group(scene: Scene, burning: History) -> Moment:
    """Only the groups that burn have alerts."""
    moment = scene.moment_of_another(burning)
    firing, doubtful = scene.predictor.firing(burning)
    answers = [_standing(tier, group) for group in scene.subject.groups[1:] for tier in firing]
    moment.ask(_states(scene, doubtful), tuple(answers))
    return moment


# --- the low-traffic guard


def _guarded(scene: Scene, tier: Tier, threshold: float, least: int) -> Iterator[Moment]:
    """The number of failures that the guard demands, just reached and just not; and traffic that has ended."""
    burning = scene.predictor.constant(min(1.0, 3 * threshold), _TRAFFIC)
    counted = scene.predictor.bad_events(burning, tier.long)
    for factor in (ABOVE, BELOW):
        yield _asked(scene, louder(burning, factor * (least - 0.5) / counted))
    if least > 1:
        yield _asked(scene, _single_failure(scene))
    short = scene.predictor.place_in_pair(max(tier.short, PAIR_WINDOW))
    yield _asked(scene, _outage_then(scene, short, [0.0] * short))
    if short > 1:
        yield _asked(scene, _outage_then(scene, short, [*[0.0] * (short - 1), _TRAFFIC]))


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


def _timed(scene: Scene, tier: Tier) -> Iterator[Moment]:
    """A total outage: silent before the earliest moment that the model predicts, firing at the latest."""
    facts = tier_facts(scene.subject.slo, tier, scrape=scene.interval, evaluation=EVALUATION_INTERVAL)
    earliest, latest = (moment.ms / scene.interval.ms for moment in facts.detection)
    window = scene.predictor.by_length[tier.long]
    if (
        window.source == "measured"
    ):  # it holds one increment less than samples, so its ratio is that much higher
        earliest *= window.intervals / (window.intervals + 1)
    for elapsed, fires in ((ceil(earliest) - 1, False), (ceil(latest), True)):
        if elapsed > 0:
            recorded = _outage(scene, _smeared(scene, elapsed))
            moment = scene.moment(_outage(scene, [Stretch(elapsed, _TRAFFIC, _TRAFFIC)]), recorded=recorded)
            answers = (_standing(tier, scene.subject.groups[0]),) if fires else ()
            moment.ask(scene.subject.states(f'{names.TIER_LABEL}="{tier.name}"'), answers)
            yield moment


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
