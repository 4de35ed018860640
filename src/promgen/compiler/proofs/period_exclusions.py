"""Proof that the period does not count what is excluded, to the minute at which an exclusion begins and ends.

Exclusions lie decades after the epoch at which promtool begins, so there is one evaluation at each edge, three minutes
after the only samples there are: two of the four minutes that see them lie before the edge and two after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from promgen.base import conventions as names
from promgen.base.durations import DAY, Duration
from promgen.compiler.ir.proofs import Answer, Case
from promgen.compiler.proofs.budgets import recorded_bad
from promgen.compiler.proofs.calendars import period_begin
from promgen.compiler.proofs.scenes import Scene
from promgen.compiler.proofs.subject import Labels, Subject, near, selector
from promgen.compiler.proofs.timeline import Moment, case_at, level
from promgen.model.burnrate import PAIR_WINDOW
from promgen.model.catalog import EVALUATION_INTERVAL
from promgen.model.slo import CalendarPeriod, Exclusion

_SECONDS = EVALUATION_INTERVAL.ms // 1000
_MINUTES = 4
"""From the samples to the evaluation, both counted."""
_BEFORE = 2
"""How many of them lie before or at the edge."""
_TOTAL, _BAD = 10.0, 5.0
_BLOCK = 1e4
"""Events of the block before the one that is evaluated."""
_LOUD = 1e9


def period_exclusion_cases(scene: Scene) -> Iterator[Case]:
    """One case for each edge of an exclusion, and for each day of a long one, which may be taken off in parts."""
    for exclusion in scene.subject.slo.exclusions:
        for what, edge in _edges(exclusion):
            yield _case(scene, exclusion, f"the period does not count {exclusion.name}: {what}", edge)


def _edges(exclusion: Exclusion) -> Iterator[tuple[str, int]]:
    """The Unix times of the start, of each further day and of the end; all of them whole minutes."""
    start, end = _span(exclusion)
    yield "its start", start
    day = DAY.ms // 1000
    for number, edge in enumerate(range(start + day, end, day), 1):
        yield f"day {number}", edge
    yield "its end", end


def _span(exclusion: Exclusion) -> tuple[int, int]:
    """The start, and the end of the last five minutes that hold something of it."""
    tail = PAIR_WINDOW.ms // 1000
    return int(exclusion.start.timestamp()), int(exclusion.end.timestamp()) + tail


def _case(scene: Scene, exclusion: Exclusion, name: str, edge: int) -> Case:
    first = edge - (_BEFORE - 1) * _SECONDS
    now = first + (_MINUTES - 1) * _SECONDS
    moment = Moment()
    groups = _groups(scene.subject, exclusion)
    for group in groups:
        _tell(moment, scene, group)
    _ask(moment, scene, groups, range(first, now + 1, _SECONDS))
    for identity in scene.subject.decoys():
        labels = selector({**identity, **scene.subject.groups[0]})
        for metric in (names.TOTAL_EVENTS, names.BAD_EVENTS):
            moment.add(metric + labels, [level(0, [_LOUD])])
    return case_at(
        scene.subject,
        name,
        [moment],
        step=Duration(now * 1000),
        groups=(scene.subject.main, scene.subject.period),
        interval=Duration(first * 1000),
    )


def _groups(subject: Subject, exclusion: Exclusion) -> list[Labels]:
    """A group that is excluded, and the others."""
    excluded = {**subject.groups[0], **exclusion.labels}
    return [excluded, *(group for group in subject.groups if group != excluded)]


def _tell(moment: Moment, scene: Scene, group: Labels) -> None:
    series = scene.subject.series
    moment.add(series(names.TOTAL_EVENTS, group), [level(0, [_TOTAL])])
    moment.add(series(names.BAD_EVENTS, group), [level(0, [_BAD])])
    if scene.subject.block is not None:
        moment.add(series(names.TOTAL_BLOCK, group), [level(0, [_BLOCK])])
        moment.add(series(names.BAD_BLOCK, group), [level(0, [_BLOCK])])


def _ask(moment: Moment, scene: Scene, groups: Sequence[Labels], minutes: range) -> None:
    """What is left of the minutes in each group, and that nothing else is recorded."""
    subject, newest = scene.subject, recorded_bad(scene, _TOTAL, _BAD)
    for metric, told, last in ((names.TOTAL_PERIOD, _TOTAL, _TOTAL), (names.BAD_PERIOD, _BAD, newest)):
        rates = {**dict.fromkeys(minutes, told), minutes[-1]: last}
        events = {minute: rate * _SECONDS for minute, rate in rates.items()}
        left = [(group, _left(subject, group, events)) for group in groups]
        counted = [(group, amount) for group, amount in left if amount is not None]
        for group, amount in counted:
            moment.ask(*near(subject.series(metric, group), amount))
        answers = (Answer("{}", str(len(counted))),) if counted else ()
        moment.ask(f"count({subject.series(metric)})", answers)


def _left(subject: Subject, group: Labels, events: Mapping[int, float]) -> float | None:
    """What counts of the events of each minute; None where nothing is recorded, because no minute counts."""
    if subject.block is not None:
        return _left_of_blocks(subject, group, subject.block, events)
    counted = [amount for minute, amount in events.items() if not _is_excluded(subject, group, minute)]
    return sum(counted) if counted else None


def _left_of_blocks(subject: Subject, group: Labels, block: Duration, events: Mapping[int, float]) -> float:
    """The newest block and a complete one before it, less what is excluded of the period."""
    start = (max(events) - 1) // (block.ms // 1000) * (block.ms // 1000)
    begin = _begin(subject, max(events), start)
    current = sum(amount for minute, amount in events.items() if minute > start)
    complete = _BLOCK if min(events) <= start and start > begin else 0.0
    excluded = (minute for minute in events if minute > begin and _is_excluded(subject, group, minute))
    return max(current + complete - sum(events[minute] for minute in excluded), 0.0)


def _begin(subject: Subject, now: int, block_start: int) -> int:
    """The Unix time at which the period began."""
    period = subject.slo.period
    if isinstance(period, CalendarPeriod):
        return period_begin(period, now)
    return block_start - period.length.ms // 1000


def _is_excluded(subject: Subject, group: Labels, minute: int) -> bool:
    """Whether any exclusion of the group holds a minute."""
    for exclusion in subject.slo.exclusions:
        start, end = _span(exclusion)
        if start < minute <= end and exclusion.labels.items() <= group.items():
            return True
    return False
