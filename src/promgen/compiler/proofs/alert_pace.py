"""How time passes in the proof of an alert: how far apart samples and evaluations are, and how long a change takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from promgen.base.durations import DAY, HOUR, MINUTE, Duration
from promgen.promql import Call, Node, Subquery, Vector, walk

_STEPS = tuple(MINUTE * minutes for minutes in (1, 2, 3, 4, 5, 10, 15, 30, 60, 120, 180, 360))
_FEW, _MANY = 360, 1500
"""Evaluations a case should have, and may have so that it sees each `for` to the minute."""
_LONG = HOUR * 3
"""A subquery over more than this is not waited for until everything in it has changed."""
_TRENDS = frozenset({"predict_linear", "deriv"})
_SPREADS = frozenset({"stddev_over_time", "stdvar_over_time"})
"""What lasts longer than a moment is part of the spread that it is compared with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Times in the proof of one expression."""

    interval: Duration
    """Between samples."""
    step: Duration
    """Between evaluations."""
    history: Duration
    """How long data must be there before the expression gives anything."""
    settle: Duration
    """After which a change of the series has come through."""
    is_trend: bool
    """Whether a change of slope goes on to act, so that a value is reached at one moment only."""


def pace_of(root: Node, holds: Sequence[Duration], ready: Duration, at_most: Duration = _STEPS[-1]) -> Pace:
    """The pace for an expression and the `for` of its severities.

    `ready` is the history that it needs besides what offsets ask for, and `at_most` the longest step that will do.
    """
    history = Duration(max([ready.ms, *(offset for _, offset in _reaches(root))]))
    subqueries = [node for node in walk(root) if isinstance(node, Subquery)]
    names = {node.name for node in walk(root) if isinstance(node, Call)}
    is_trend = bool(names & _TRENDS) or any((node.times.range_ms or 0) > _LONG.ms for node in subqueries)
    settle = 0 if names & _SPREADS else _settle(root, subqueries, is_trend=is_trend)
    total = history.ms + settle * (2 * len(holds) + 1) + 2 * sum(hold.ms for hold in holds)
    step = min(_step(total, max(holds)), at_most)
    return Pace(
        interval=_interval(root, step),
        step=step,
        history=history,
        settle=Duration(max(settle, step.ms)),
        is_trend=is_trend,
    )


def _settle(root: Node, subqueries: Sequence[Subquery], *, is_trend: bool) -> int:
    reach = max((reach for reach, _ in _reaches(root)), default=0)
    if subqueries:
        within = min if is_trend else max
        times = [
            (0 if is_trend else node.times.range_ms or 0) + (node.step_ms or MINUTE.ms) for node in subqueries
        ]
        return within(times) + reach
    return reach // 10 if is_trend else reach


def _reaches(root: Node) -> Iterator[tuple[int, int]]:
    """How far back each selector reaches, with an offset of less than a day counted in, and the offset alone."""
    for node in walk(root):
        if isinstance(node, Vector):
            offset = node.times.offset_ms
            yield (node.times.range_ms or 0) + (offset if offset < DAY.ms else 0), offset


def _step(total: int, longest_hold: Duration) -> Duration:
    """A minute if there is a `for` and that gives not too many evaluations, or else the shortest that gives few."""
    if longest_hold.ms and total / MINUTE.ms <= _MANY:
        return MINUTE
    return next((step for step in _STEPS if total / step.ms <= _FEW), _STEPS[-1])


def _interval(root: Node, step: Duration) -> Duration:
    """A whole part of the step, at least four of them in each range."""
    ranges = [node.times.range_ms for node in walk(root) if isinstance(node, Vector) and node.times.range_ms]
    longest = min([step.ms, *(length // 4 for length in ranges)])
    return max((one for one in _STEPS if one.ms <= longest and step.ms % one.ms == 0), default=MINUTE)
