"""Measured series for the cases that users write: stretches of an error ratio or of a value, minute by minute."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from promgen.base import conventions as names
from promgen.base.durations import MINUTE, Duration
from promgen.compiler.ir.proofs import Samples
from promgen.compiler.proofs.alert_lane import Driven, Lane
from promgen.compiler.proofs.alert_pace import Pace
from promgen.compiler.proofs.alert_scene import Play
from promgen.compiler.proofs.drivers import (
    BeyondError,
    Driver,
    Growth,
    driver_of,
    example_groups,
    selected,
)
from promgen.compiler.proofs.subject import FindSlo, Labels, identity_labels, selector
from promgen.model.alert import Alert
from promgen.model.burnrate import PAIR_WINDOW
from promgen.model.proof import Stretch
from promgen.model.slo import (
    CompositeSli,
    EventSli,
    GaugeSli,
    NativeLatencySli,
    ProbeSli,
    RawSli,
    Sli,
    Slo,
    TimeSliceSli,
)
from promgen.promql import Node, Subquery, Vector, parse, tree, walk
from promgen.promql.courses import Course
from promgen.promql.steady_ranges import Unsteady

_TRAFFIC = Decimal(10)
"""Events per second where a stretch does not say."""
_BESIDE = Decimal("0.05")
"""How far beside the threshold a gauge is, as a share of it."""

_SHORT = Duration(15_000)
"""Between samples where a range of less than five minutes needs several."""


class Measured(NamedTuple):
    """Series, and how far apart their samples are."""

    samples: tuple[Samples, ...]
    interval: Duration = MINUTE


Values = Sequence[tuple[Duration, float | None]]
"""Lengths, and the value of an expression in each; None where it has none."""


def slo_series(slo: Slo, stretches: Sequence[Stretch], find_slo: FindSlo) -> Measured:
    """The measured series of an SLO, or the pairs that its parts record; raise BeyondError, with the reason, without any."""
    match slo.sli:
        case EventSli() | NativeLatencySli() as events:
            return _counters(driver_of(events, slo.group_by, _group(slo)), _group(slo), stretches, MINUTE)
        case TimeSliceSli(events=events, length=length):
            interval = _SHORT if length < PAIR_WINDOW else MINUTE
            return _counters(driver_of(events, slo.group_by, _group(slo)), _group(slo), stretches, interval)
        case CompositeSli(parts=parts):
            found = [find_slo(part.service, part.slo) for part in parts]
            return Measured(tuple(samples for part in found for samples in _records(part, stretches)))
        case GaugeSli() | ProbeSli() | RawSli() as timed:
            value = _value_of(timed)
            values = [(one.length, None if one.level is None else value(one.level)) for one in stretches]
            return _valued(tree(parse(timed.expr)), values, _group(slo))


def alert_series(alert: Alert, stretches: Sequence[Stretch]) -> Measured:
    """The series of an alert with thresholds; raise BeyondError, with the reason, where none can be made up."""
    values = [(one.length, None if one.level is None else float(one.level)) for one in stretches]
    bounds = tuple(float(level.threshold) for level in alert.levels if level.threshold is not None)
    return _valued(tree(parse(alert.expr)), values, {}, bounds)


# --- counters


def _group(slo: Slo) -> Labels:
    """Values for the group labels that everything the SLO measures can carry."""
    return example_groups(
        slo.group_by, [vector for text in _expressions(slo.sli) for vector in selected(text)]
    )[0]


def _expressions(sli: Sli) -> Iterable[str]:
    match sli:
        case EventSli(total=total, bad=bad, good=good):
            return [text for text in (total, bad, good) if text is not None]
        case NativeLatencySli(rate=rate):
            return [rate]
        case GaugeSli(expr=expr) | ProbeSli(expr=expr) | RawSli(expr=expr):
            return [expr]
        case TimeSliceSli(events=events):
            return _expressions(events)
        case CompositeSli():
            return []


def _counters(driver: Driver, group: Labels, stretches: Sequence[Stretch], interval: Duration) -> Measured:
    """Counters that begin at zero, and do so again after they were missing."""
    texts: dict[str, list[str]] = {series: [] for series, _ in driver.samples(group, 0, [])}
    for is_missing, run in groupby(stretches, lambda stretch: stretch.level is None):
        together = list(run)
        is_first = together[0] is stretches[0]
        growth = [] if is_missing else list(_growth(together, interval, is_first=is_first))
        for series, piece in driver.samples(group, 0, growth):
            text = _gone(together, interval, is_first=is_first) if is_missing else piece.values
            texts[series].append(text)
    return Measured(tuple(Samples(series, " ".join(words)) for series, words in texts.items()), interval)


def _growth(run: Sequence[Stretch], interval: Duration, *, is_first: bool) -> Iterator[Growth]:
    """Events from sample to sample; the first one, which counts none yet, lies at the very beginning or takes a place."""
    for place, stretch in enumerate(run):
        count = stretch.length.ms // interval.ms - (place == 0 and not is_first)
        total = float((_TRAFFIC if stretch.traffic is None else stretch.traffic) * interval.seconds)
        yield Growth(count, total, total * float(stretch.level or 0))


def _gone(run: Sequence[Stretch], interval: Duration, *, is_first: bool) -> str:
    count = sum(stretch.length.ms for stretch in run) // interval.ms
    return f"_x{count + 1}" if is_first else f"stale _x{count - 1}" if count > 1 else "stale"


def _records(part: Slo, stretches: Sequence[Stretch]) -> Iterator[Samples]:
    """What a part of a composite records, of which the composite is made."""
    labels = selector({**identity_labels(part), **_group(part)})
    rows = [(one, _TRAFFIC if one.traffic is None else one.traffic) for one in stretches]
    total = [traffic if one.level is not None else None for one, traffic in rows]
    bad = [traffic * one.level if one.level is not None else None for one, traffic in rows]
    ratio = [Decimal(0) if one.level is not None and not traffic else one.level for one, traffic in rows]
    for metric, values in (
        (names.TOTAL_EVENTS, total),
        (names.BAD_EVENTS, bad),
        (names.error_ratio(PAIR_WINDOW), ratio),
    ):
        yield Samples(metric + labels, _printed(stretches, values))


def _printed(stretches: Sequence[Stretch], values: Sequence[Decimal | None]) -> str:
    course, minute = Course(()), 0
    for stretch, value in zip(stretches, values, strict=True):
        number = minute + 1 if minute else 0
        course = course.followed(start=number, value=None if value is None else float(value))
        minute += stretch.length.ms // MINUTE.ms
    return course.printed(minute + 1)


# --- values


def _value_of(sli: GaugeSli | ProbeSli | RawSli) -> Callable[[Decimal], float]:
    """The value of an indicator's expression for an error ratio; raise BeyondError for a ratio that it cannot have."""
    if isinstance(sli, RawSli):
        return lambda ratio: float(ratio if sli.measures == "errors" else 1 - ratio)
    if isinstance(sli, ProbeSli):
        good, bad = Decimal(1), Decimal(0)
    else:
        beside = _BESIDE * (abs(sli.threshold) or 1) * (-1 if sli.comparison == "<" else 1)
        good, bad = sli.threshold + beside, sli.threshold - beside

    def value(ratio: Decimal) -> float:
        if ratio not in {0, 1}:
            raise BeyondError("a moment of it is either good or bad; only 0% and 100% can be made up")
        return float(bad if ratio else good)

    return value


def _valued(root: Node, values: Values, given: Labels, bounds: tuple[float, ...] = ()) -> Measured:
    """Series that give an expression these values once it has settled, one after the other."""
    play = Play(root=root, bounds=(*bounds, *(value for _, value in values if value is not None)))
    pace = Pace(interval=MINUTE, step=MINUTE, history=Duration(0), settle=_settle(root), is_trend=False)
    try:
        lane = Lane(sources=play.sources(play.lane(0, given)), pace=pace)
        driven, minutes = _driven(lane, root, values)
    except (ValueError, Unsteady) as error:
        raise BeyondError(str(error)) from error
    return Measured(
        tuple(
            Samples(series.metric + selector(series.labels), course.printed(minutes + 1))
            for series, course in zip(lane.series, driven.courses, strict=True)
        )
    )


def _settle(root: Node) -> Duration:
    """After which nothing of what was before is in any range of an expression."""
    times = [node.times for node in walk(root) if isinstance(node, Vector | Subquery)]
    return MINUTE + Duration(sum((one.range_ms or 0) + one.offset_ms for one in times))


def _driven(lane: Lane, root: Node, values: Values) -> tuple[Driven, int]:
    """The courses of a lane's series, and how many minutes they last."""
    driven = lane.begun()
    usual = driven.amounts
    minute = 0
    for length, value in values:
        number = minute + 1 if minute else 0
        for place, amount in enumerate(usual):
            driven = lane.moved(driven, place, None if value is None else amount, number)
        minute += length.ms // MINUTE.ms
        if value is not None:
            settled = max(MINUTE * minute, MINUTE * number + lane.pace.settle)
            found = lane.driven_to(driven, root, value, abs(value) or 1.0, number, settled)
            if found is None:
                raise Unsteady(f"no samples were found that give its expression the value {value:g}")
            driven, usual = found, found.amounts
    return driven, minute
