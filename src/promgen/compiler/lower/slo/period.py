"""The error budget: events of the period, what is left, when it will be gone, and how much of the period was seen.

Evaluated every two minutes: still visible after one missed evaluation, so nothing has to be republished.
"""

from __future__ import annotations

from collections.abc import Iterable

from promgen.base import conventions as names
from promgen.base.decimals import format_decimal
from promgen.base.durations import MINUTE
from promgen.compiler.ir.rules import Rule
from promgen.compiler.lower.slo.blocks import block_sum, calendar_sum
from promgen.compiler.lower.slo.exclusions import without_excluded
from promgen.compiler.lower.slo.frame import BURN_RATE_WINDOW, STEP_SECONDS, Frame
from promgen.model.slo import CalendarPeriod

PASS = "period"
INTERVAL = MINUTE * 2


def lower_period(frame: Frame) -> Iterable[Rule]:
    """Events and observed seconds of the period, its error ratio and coverage."""
    bad, total = f"{names.BAD_PERIOD}{frame.id}", f"{names.TOTAL_PERIOD}{frame.id}"
    yield _rule(frame, names.BAD_PERIOD, _events(frame, names.BAD_BLOCK, names.BAD_EVENTS))
    yield _rule(frame, names.TOTAL_PERIOD, _events(frame, names.TOTAL_BLOCK, names.TOTAL_EVENTS))
    yield _rule(frame, names.PERIOD_ERROR_RATIO, f"{bad} / ({total} > 0)\n  or 0 * {total}")
    yield from _coverage(frame)


def lower_budget(frame: Frame) -> Iterable[Rule]:
    """Burn rate, remaining and allowed budget, time to exhaustion; the objective as a literal, so nothing is joined."""
    allowed = 1 - frame.slo.objective
    length = frame.slo.period.length.ms // 1000
    remaining, burn_rate = f"{names.BUDGET_REMAINING}{frame.id}", f"{names.BURN_RATE}{frame.id}"
    hour = f"{names.error_ratio(BURN_RATE_WINDOW)}{frame.id}"
    yield _rule(frame, names.BURN_RATE, f"{hour} / {format_decimal(allowed)}")
    yield _rule(
        frame, names.BUDGET_REMAINING, f"1 - {names.PERIOD_ERROR_RATIO}{frame.id} / {format_decimal(allowed)}"
    )
    yield _rule(frame, names.BUDGET_EVENTS, f"{format_decimal(allowed)} * {names.TOTAL_PERIOD}{frame.id}")
    left = f"clamp_min({remaining}, 0) * {length} / ({burn_rate} > 0)"
    never = f"{length} + 0 * {burn_rate}"
    yield _rule(frame, names.BUDGET_EXHAUSTION, f"clamp_max({left}, {length})\n  or {never}")
    yield _rule(frame, names.OBJECTIVE, f"vector({format_decimal(frame.slo.objective)})")


def lower_info(frame: Frame) -> Iterable[Rule]:
    """One series with everything a person may want to filter by; no rule ever joins it."""
    slo, service = frame.slo, frame.service
    labels = {
        **slo.labels,
        names.SYSTEM_LABEL: slo.system,
        names.OWNER_LABEL: slo.owner,
        names.CRITICALITY_LABEL: service.criticality or "",
        names.WINDOW_LABEL: str(slo.period),
        **frame.labels,
    }
    yield Rule(names.INFO, "vector(1)", {label: value for label, value in labels.items() if value}, "info")


def _rule(frame: Frame, name: str, expr: str) -> Rule:
    return Rule(name, expr, frame.labels, PASS)


def _events(frame: Frame, block_series: str, pair: str) -> str:
    period = frame.slo.period
    if isinstance(period, CalendarPeriod):
        return calendar_sum(frame, block_series, period)
    if frame.block is not None:
        return block_sum(frame, block_series, period.length)
    samples = (
        without_excluded(frame, pair, period.length)
        if frame.slo.exclusions
        else f"{pair}{frame.id}[{period.length}]"
    )
    return f"{STEP_SECONDS} * sum_over_time({samples})"


def _coverage(frame: Frame) -> Iterable[Rule]:
    """The observed share of the period. Each gap is seen up to 5 minutes shorter than it was: the lookback bridges it."""
    period, seconds = frame.slo.period, f"{names.OBSERVED_PERIOD}{frame.id}"
    if frame.block is None:
        observed = f"{STEP_SECONDS} * count_over_time({frame.total}[{period.length}])"
        yield _rule(frame, names.PERIOD_COVERAGE, f"clamp_max({observed} / {period.length.ms // 1000}, 1)")
        return
    start = f"{names.BLOCK_START}{frame.id}"
    if isinstance(period, CalendarPeriod):
        observed = calendar_sum(frame, names.OBSERVED_BLOCK, period)
        elapsed = f"scalar(timestamp({start}) - {names.PERIOD_START}{frame.id})"
    else:
        observed = block_sum(frame, names.OBSERVED_BLOCK, period.length)
        elapsed = f"({period.length.ms // 1000} + scalar(timestamp({start}) - {start}))"
    yield _rule(frame, names.OBSERVED_PERIOD, observed)
    yield _rule(frame, names.PERIOD_COVERAGE, f"clamp_max({seconds} / {elapsed}, 1)")
