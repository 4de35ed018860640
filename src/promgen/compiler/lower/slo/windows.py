"""The base pair and the error ratio over every window that an alert reads.

Windows up to an hour come from the measured series, longer ones from the pair: always as a ratio of sums, never as a mean
of ratios. Windows beyond six days, and of a day or more when something is excluded, come from the blocks.
"""

from __future__ import annotations

from collections.abc import Iterable

from promgen.base import conventions as names
from promgen.base.durations import DAY, Duration
from promgen.compiler.ir.rules import Rule
from promgen.compiler.lower.slo.blocks import block_sum
from promgen.compiler.lower.slo.exclusions import masks, without_excluded
from promgen.compiler.lower.slo.frame import Frame
from promgen.compiler.lower.slo.indicators import bad_rate, raw_error_ratio, total_rate
from promgen.model.burnrate import PAIR_WINDOW, RAW_WINDOW_LIMIT
from promgen.model.slo import EventSli, NativeLatencySli

PASS = "windows"
_PAIR_WINDOW_LIMIT = DAY * 6


def lower_pair(frame: Frame) -> Iterable[Rule]:
    """The base pair: rates of all and of bad events over 5 minutes."""
    yield Rule(names.TOTAL_EVENTS, total_rate(frame), frame.labels, "pair")
    yield Rule(names.BAD_EVENTS, bad_rate(frame), frame.labels, "pair")


def lower_windows(frame: Frame) -> Iterable[Rule]:
    """The error ratio over each window."""
    for window in frame.windows:
        yield Rule(names.error_ratio(window), error_ratio(frame, window), frame.labels, PASS)


def error_ratio(frame: Frame, window: Duration) -> str:
    """The share of bad events over a window; 0 where there were none at all."""
    if window == PAIR_WINDOW:
        return f"{frame.bad} / ({frame.total} > 0)\n  or {frame.zero}"
    sli = frame.slo.sli
    if isinstance(sli, EventSli | NativeLatencySli) and window <= RAW_WINDOW_LIMIT:
        return _from_measured(frame, sli, window)
    return f"{_pair_ratio(frame, window)}\n  or {frame.zero}"


def _from_measured(frame: Frame, sli: EventSli | NativeLatencySli, window: Duration) -> str:
    raw = raw_error_ratio(frame, sli, window)
    zero = f"or {frame.on} {frame.zero}"
    if not frame.slo.exclusions:
        return f"{raw}\n  {zero}"
    until_clean = " ".join(f"unless {mask}" for mask in masks(frame.slo.exclusions, PAIR_WINDOW + window))
    return f"({raw}) {until_clean}\n  or {frame.on} {_pair_ratio(frame, window)}\n  {zero}"


def _pair_ratio(frame: Frame, window: Duration) -> str:
    """The ratio of the pair's sums over a window; nothing where there were no events."""
    if frame.block is not None and (window > _PAIR_WINDOW_LIMIT or (frame.slo.exclusions and window >= DAY)):
        bad, total = block_sum(frame, names.BAD_BLOCK, window), block_sum(frame, names.TOTAL_BLOCK, window)
        return f"({bad})\n  / (({total}) > 0)"
    if frame.slo.exclusions:
        bad, total = (
            without_excluded(frame, names.BAD_EVENTS, window),
            without_excluded(frame, names.TOTAL_EVENTS, window),
        )
    else:
        bad, total = f"{frame.bad}[{window}]", f"{frame.total}[{window}]"
    return f"sum_over_time({bad})\n  / (sum_over_time({total}) > 0)"
