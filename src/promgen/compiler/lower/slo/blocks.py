"""Sums of the base pair over long times, cheaply: events since a block of the clock began, and complete blocks.

A block is an hour as a rule. The current block is recorded every minute from its 60 samples of the pair; a period is the
complete blocks plus the current one, 720 + 1 samples for 30 days, whatever the number of measured series. The start of
the block is recorded with the sums and read back `@ end()`, so a reader in another group never counts a block twice.
"""

from __future__ import annotations

from collections.abc import Iterable

from promgen.base import conventions as names
from promgen.base.durations import MINUTE, Duration
from promgen.compiler.ir.rules import Rule
from promgen.compiler.lower.slo.exclusions import excluded_events
from promgen.compiler.lower.slo.frame import STEP_SECONDS, Frame
from promgen.model.slo import CalendarPeriod

PASS = "blocks"

PAIR_OF_BLOCK = {names.BAD_BLOCK: names.BAD_EVENTS, names.TOTAL_BLOCK: names.TOTAL_EVENTS}

_NOW = "(time() - 0.001)"
"""The instant exactly on the hour still belongs to the hour that ends."""
_PART = "__part__"
_TO_NEXT_STEP = Duration(MINUTE.ms - 1)
"""A subquery's steps lie on whole minutes, an evaluation does not: its own sample is the one that the next step reads."""


def lower_blocks(frame: Frame) -> Iterable[Rule]:
    """The start of the current block (and of a calendar period), and the events and observed seconds since then."""
    if frame.block is None:
        return
    yield Rule(names.BLOCK_START, f"vector({_NOW} - {_NOW} % {frame.block.ms // 1000})", frame.labels, PASS)
    if isinstance(frame.slo.period, CalendarPeriod):
        yield Rule(names.PERIOD_START, f"vector({period_start(frame.slo.period)})", frame.labels, PASS)
    for block, pair in PAIR_OF_BLOCK.items():
        yield Rule(block, f"{STEP_SECONDS} * sum_over_time({_since_start(frame, pair)})", frame.labels, PASS)
    observed = f"{STEP_SECONDS} * count_over_time({_since_start(frame, names.TOTAL_EVENTS)})"
    yield Rule(names.OBSERVED_BLOCK, observed, frame.labels, PASS)


def block_sum(frame: Frame, block_series: str, length: Duration) -> str:
    """The sum over the last `length`, plus the block that has begun; exclusions are taken off.

    Both ends follow the recorded block start: a reader that is ahead of it, or exactly on it, would lose the oldest block.
    """
    assert frame.block is not None
    begin = f"({_block_start(frame)} - {length.ms // 1000})"
    return _summed(frame, block_series, Duration(length.ms + frame.block.ms), begin, length)


def calendar_sum(frame: Frame, block_series: str, period: CalendarPeriod) -> str:
    """The sum since the calendar period began."""
    begin = f"{names.PERIOD_START}{frame.id} @ end()"
    return _summed(frame, block_series, period.longest, begin, None)


def period_start(period: CalendarPeriod) -> str:
    """The Unix time at which the current week, month or quarter began, in the period's time zone."""
    local = f"({_NOW} + {period.utc_offset})" if period.utc_offset else _NOW
    if period.unit == "week":  # 1970-01-01 was a Thursday: three days further on, weeks begin on Monday
        return f"{_NOW} - ({local} + 259200) % 604800"
    if period.unit == "month":
        days = f"scalar(day_of_month(vector({local})))"
    else:
        days = f"scalar({_day_of_quarter(f'vector({local})')})"
    return f"{_NOW} - {local} % 86400 - 86400 * ({days} - 1)"


def _day_of_quarter(moment: str) -> str:
    month = f"month({moment})"
    leap_day = f"(year({moment}) % 4 == bool 0) * ({month} >= bool 4)"
    before = f"90 * ({month} >= bool 4) + 91 * ({month} >= bool 7) + 92 * ({month} >= bool 10) + {leap_day}"
    return f"day_of_year({moment}) - ({before})"


def _block_start(frame: Frame) -> str:
    return f"{names.BLOCK_START}{frame.id} @ end()"


def _since_start(frame: Frame, pair: str) -> str:
    since = f"vector(time() - 1) > on () {_block_start(frame)}"
    return f"({pair}{frame.id}\n  and on () ({since}))[{frame.block}:1m] offset -{_TO_NEXT_STEP}"


def _summed(frame: Frame, series: str, length: Duration, begin: str, rolling: Duration | None) -> str:
    assert frame.block is not None
    within = f"vector(time() - 1) > on () {begin} <= on () {_block_start(frame)}"
    current = f"{series}{frame.id}"
    # A minute less than the block: on Prometheus 2 a window is closed and would reach the block before.
    last = f"last_over_time({current}[{Duration(frame.block.ms - MINUTE.ms)}])"
    complete = f"sum_over_time(({last}\n    and on () ({within}))[{length}:{frame.block}])"
    pair = PAIR_OF_BLOCK.get(series)
    taken_off = excluded_events(frame, pair, rolling) if pair else []
    parts = [current, *(_part(part, place) for place, part in enumerate([complete, *taken_off]))]
    whole = f"sum without ({_PART}) (\n  " + "\n  or ".join(parts) + ")"
    return f"clamp_min({whole}, 0)" if taken_off else whole


def _part(vector: str, place: int) -> str:
    """A summand under a label of its own: a sum with `+` would end as soon as one of them has no series."""
    return f'label_replace({vector}, "{_PART}", "{place}", "", "")'
