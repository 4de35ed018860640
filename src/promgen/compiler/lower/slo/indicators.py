"""Every kind of indicator as the same pair of rates: all events, and bad ones, per second and group.

For indicators that measure time the "events" are seconds. Zero is filled in on *bad* when bad is measured and on *good*
when bad is total minus good: the other way round a service that is entirely down would read healthy.
"""

from __future__ import annotations

from typing import assert_never

from promgen.base import conventions as names
from promgen.base.decimals import format_decimal
from promgen.base.durations import Duration
from promgen.compiler.lower.slo.frame import Frame, identity_labels, matchers
from promgen.model.burnrate import PAIR_WINDOW
from promgen.model.slo import (
    CompositeSli,
    EventSli,
    GaugeSli,
    NativeLatencySli,
    Part,
    ProbeSli,
    RawSli,
    TimeSliceSli,
)
from promgen.promql import format_labels, substitute_window


def total_rate(frame: Frame) -> str:
    """The rate of all events over the pair's window."""
    sli = frame.slo.sli
    match sli:
        case EventSli() | NativeLatencySli():
            return _total(frame, sli, frame.pair_range)
        case GaugeSli() | RawSli() | ProbeSli():
            return frame.aggregate("count", _per_series(sli))
        case TimeSliceSli():
            if sli.length < PAIR_WINDOW:
                return frame.aggregate("count", _short_slice(frame, sli))
            return f"{_total(frame, sli.events, sli.length)} * 0 + 1"
        case CompositeSli():
            return _composite_total(frame, sli)
    assert_never(sli)


def bad_rate(frame: Frame) -> str:
    """The rate of bad events over the pair's window; reads the total back from the rule above it."""
    sli = frame.slo.sli
    match sli:
        case EventSli() | NativeLatencySli():
            return _bad_events(frame, sli)
        case GaugeSli():
            return frame.aggregate("sum", _per_series(sli))
        case ProbeSli():
            return frame.aggregate("sum", f"1 - {_per_series(sli)}")
        case RawSli():
            return frame.aggregate(
                "sum", _per_series(sli) if sli.measures == "errors" else f"1 - {_per_series(sli)}"
            )
        case TimeSliceSli():
            if sli.length < PAIR_WINDOW:
                return frame.aggregate("sum", _short_slice(frame, sli))
            return _slice_is_bad(frame, sli)
        case CompositeSli():
            return _composite_bad(frame, sli)
    assert_never(sli)


def raw_error_ratio(frame: Frame, sli: EventSli | NativeLatencySli, window: Duration) -> str:
    """The error ratio over a window of the measured series; nothing where there are no events.

    A missing bad series leaves a hole, which the caller fills with zero; a missing good series is 100 % errors.
    """
    if isinstance(sli, NativeLatencySli):
        return f"histogram_fraction({format_decimal(sli.threshold)}, +Inf, {_histogram(frame, sli, window)}) >= 0"
    total = _total(frame, sli, window)
    if sli.bad is not None:
        return f"{_sum(frame, sli.bad, window)}\n  / ({total} > 0)"
    assert sli.good is not None
    good = _sum(frame, sli.good, window)
    return f"clamp_min(1 - ({good}\n  or 0 * {total})\n  / ({total} > 0), 0)"


def _sum(frame: Frame, rate: str, window: Duration) -> str:
    return frame.aggregate("sum", substitute_window(rate, str(window)))


def _histogram(frame: Frame, sli: NativeLatencySli, window: Duration) -> str:
    return _sum(frame, sli.rate, window)


def _total(frame: Frame, sli: EventSli | NativeLatencySli, window: Duration) -> str:
    if isinstance(sli, NativeLatencySli):
        return f"histogram_count({_histogram(frame, sli, window)})"
    return _sum(frame, sli.total, window)


def _bad_events(frame: Frame, sli: EventSli | NativeLatencySli) -> str:
    zero = f"or {frame.on} {frame.zero}"
    if isinstance(sli, NativeLatencySli):
        histogram = _histogram(frame, sli, frame.pair_range)
        fraction = f"histogram_fraction({format_decimal(sli.threshold)}, +Inf, {histogram})"
        return f"{fraction} * (histogram_count({histogram}) > 0) {zero}"
    if sli.bad is not None:
        return f"{_sum(frame, sli.bad, frame.pair_range)}\n  {zero}"
    assert sli.good is not None
    good = _sum(frame, sli.good, frame.pair_range)
    return f"clamp_min({frame.total}\n  - {frame.on} ({good}\n  {zero}), 0)"


def _per_series(sli: GaugeSli | RawSli | ProbeSli) -> str:
    """One number per series: the share of the last 5 minutes that was bad (for probes: good).

    `>= -Inf` drops NaN, so that no reading is neither good nor bad.
    """
    if isinstance(sli, ProbeSli):
        return f"avg_over_time({sli.expr}[{PAIR_WINDOW}])"
    readings = f"({sli.expr}) >= -Inf"
    if isinstance(sli, GaugeSli):
        bad = {"<": ">=", ">": "<="}[sli.comparison]
        readings = f"{readings} {bad} bool {format_decimal(sli.threshold)}"
    return f"avg_over_time(({readings})[{PAIR_WINDOW}:1m])"


def _slice_is_bad(frame: Frame, sli: TimeSliceSli) -> str:
    ratio = raw_error_ratio(frame, sli.events, sli.length)
    return f"({ratio}) > bool {format_decimal(sli.max_error_ratio)} or 0 * {_total(frame, sli.events, sli.length)}"


def _short_slice(frame: Frame, sli: TimeSliceSli) -> str:
    return f"avg_over_time(({_slice_is_bad(frame, sli)})[{PAIR_WINDOW}:1m])"


def _part_series(frame: Frame, part: Part, name: str) -> str:
    return name + matchers(identity_labels(frame.find_slo(part.service, part.slo)))


def _composite_total(frame: Frame, sli: CompositeSli) -> str:
    if sli.combine == "any_bad":
        return frame.aggregate("max", f"1 + 0 * ({_any_of_ratios(frame, sli)})")
    if sli.combine == "ratio":
        rows = [f"{format_decimal(part.value)} + 0 * {_ratio_of(frame, part)}" for part in sli.parts]
    else:
        rows = [
            f"{format_decimal(part.value)} * {_part_series(frame, part, names.TOTAL_EVENTS)}"
            for part in sli.parts
        ]
    return frame.aggregate("sum", " or ".join(rows))


def _composite_bad(frame: Frame, sli: CompositeSli) -> str:
    if sli.combine == "any_bad":
        rows = [f"{_ratio_series(frame, part)} > bool {format_decimal(part.value)}" for part in sli.parts]
        return frame.aggregate("max", " or ".join(rows))
    if sli.combine == "ratio":
        rows = [f"{format_decimal(part.value)} * {_ratio_of(frame, part)}" for part in sli.parts]
    else:
        rows = [
            f"{format_decimal(part.value)} * {_part_series(frame, part, names.BAD_EVENTS)}"
            for part in sli.parts
        ]
    return frame.aggregate("sum", " or ".join(rows))


def _ratio_series(frame: Frame, part: Part) -> str:
    return _part_series(frame, part, names.error_ratio(PAIR_WINDOW))


def _ratio_of(frame: Frame, part: Part) -> str:
    """A part's error ratio; the mean of its groups where the composite does not keep them, so that none counts twice."""
    series = _ratio_series(frame, part)
    found = frame.find_slo(part.service, part.slo)
    if set(found.group_by) == set(frame.slo.group_by):
        return series
    return f"avg by ({format_labels((*identity_labels(found), *frame.slo.group_by))}) ({series})"


def _any_of_ratios(frame: Frame, sli: CompositeSli) -> str:
    return " or ".join(_ratio_series(frame, part) for part in sli.parts)
