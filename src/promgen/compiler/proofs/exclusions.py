"""Proof of exclusions: which minutes do not count, of which groups, and that windows are clean when they are over.

An exclusion is decades after the epoch, where promtool's time begins. So evaluations lie years apart, and where both ends
of an exclusion matter the fourth is before it, the fifth shortly after it and the sixth beyond it by as much. Samples
lie one or two intervals before an evaluation, and an interval may be as long as the time since the epoch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count

from promgen.base import conventions as names
from promgen.base.durations import MINUTE, SECOND, Duration
from promgen.compiler.ir.proofs import Case, Unproved
from promgen.compiler.proofs.predictions import Window
from promgen.compiler.proofs.scenes import Scene
from promgen.compiler.proofs.subject import Labels, near
from promgen.compiler.proofs.timeline import Moment, case_at, level
from promgen.model.burnrate import PAIR_WINDOW
from promgen.model.slo import Exclusion

_EVALUATIONS = 6
_CLOSE = 5
"""The evaluation that is close to the exclusion; a quarter more or less of its time lies beyond the ones beside it."""
_PHASE = Duration(100)
_VISIBLE = MINUTE * 5
"""How long a sample is seen."""
_HALF = Duration(30_000)
_LATE = SECOND * 5
"""How long before an evaluation the newest sample may lie, for each evaluation since the epoch."""
_LEAST_RANGE = MINUTE * 10
"""promtool holds a value for each interval since the epoch, and an interval must be shorter than the range."""
_TOTAL, _BAD = 10.0, 4.0
"""Events per second of a sample of the pair."""
_TOTAL_BLOCK, _BAD_BLOCK = 6000.0, 1800.0


def exclusion_cases(scene: Scene) -> tuple[list[Case], list[Unproved]]:
    """What is proved of each exclusion, and what cannot be shown."""
    proofs = [_Proof(scene, exclusion) for exclusion in scene.subject.slo.exclusions]
    found = [one for proof in proofs for one in (*proof.of_pair(), *proof.of_measured(), *proof.of_blocks())]
    return (
        [one for one in found if isinstance(one, Case)],
        [one for one in found if isinstance(one, Unproved)],
    )


@dataclass(frozen=True)
class _Proof:
    """Proof of one exclusion; times are milliseconds since the epoch."""

    scene: Scene
    exclusion: Exclusion

    @cached_property
    def begin(self) -> int:
        """The last minute that counts."""
        return _begin(self.exclusion)

    @cached_property
    def end(self) -> int:
        """The first minute after it."""
        return _end(self.exclusion)

    @cached_property
    def step(self) -> Duration:
        """The first minute that the pair counts again is the newest one that the fifth evaluation sees."""
        return Duration((self.end + PAIR_WINDOW.ms + MINUTE.ms + _PHASE.ms) // _CLOSE)

    @cached_property
    def groups(self) -> tuple[Labels, ...]:
        """A group that the exclusion is about, and those that differ from it in one of its labels."""
        labels, known = self.exclusion.labels, self.scene.subject.groups
        first = {**known[0], **labels}
        others = {
            label: next(group[label] for group in known if group[label] != value)
            for label, value in labels.items()
        }
        return (first, *({**first, label: value} for label, value in others.items()))

    def _case(self, what: str, moments: Sequence[Moment], step: Duration, interval: Duration) -> Case:
        subject = self.scene.subject
        name = f"the exclusion {self.exclusion.name}: {what}"
        return case_at(subject, name, moments, step=step, groups=(subject.main,), interval=interval)

    def _moments(self) -> list[Moment]:
        return [Moment() for _ in range(_EVALUATIONS)]

    def _ask(self, moment: Moment, window: Window, group: Labels, ratio: float | None) -> None:
        series = self.scene.subject.series(names.error_ratio(window.length), group)
        if ratio is None:
            moment.ask(series)
        else:
            moment.ask(*near(series, ratio))

    # --- windows that are summed from the pair

    def of_pair(self) -> Iterator[Case]:
        """A minute on each side of both ends."""
        moments = (
            ("the minute after the pair's five minutes after it counts", self.end + _VISIBLE.ms - _HALF.ms),
            ("the five minutes after it, of which the pair is a mean, do not count", self.end + _HALF.ms),
            ("its first minute does not count", self.begin + _HALF.ms),
            ("the minute before it counts", self.begin - _HALF.ms),
        )
        longest = max((window.length.ms for window in self.summed), default=0)
        for what, at in moments:
            if self.step.ms * _CLOSE - at < longest:
                yield self._of_sample(what, Duration(at // _CLOSE))

    @cached_property
    def summed(self) -> tuple[Window, ...]:
        """The windows that see the pair that is given; where events are counted, the newest one is recorded anew."""
        skipped = ("blocks",) if self.scene.driver is None else ("blocks", "now")
        return tuple(window for window in self.scene.predictor.windows if window.source not in skipped)

    def _of_sample(self, what: str, interval: Duration) -> Case:
        """One sample for each evaluation."""
        moments = self._moments()
        for place, moment in enumerate(moments, 1):
            for group in self.groups:
                self._tell(moment, group, 0)
            if place >= _CLOSE - 1:
                for group in self.groups:
                    self._ask_summed(moment, group, place * interval.ms, place * self.step.ms)
        return self._case(what, moments, self.step, interval)

    def _tell(self, moment: Moment, group: Labels, age: int) -> None:
        for metric, value in ((names.TOTAL_EVENTS, _TOTAL), (names.BAD_EVENTS, _BAD)):
            moment.add(self.scene.subject.series(metric, group), [level(age, [value])])

    def _ask_summed(self, moment: Moment, group: Labels, sample: int, now: int) -> None:
        is_seen = now < sample + _VISIBLE.ms
        for window in self.summed:
            counts = is_seen if window.source == "now" else self._counts(group, sample, now, window)
            if counts or not is_seen:
                self._ask(moment, window, group, _BAD / _TOTAL if counts else None)
            else:
                self._ask(moment, window, group, 0.0)

    def _counts(self, group: Labels, sample: int, now: int, window: Window) -> bool:
        """Whether a window holds a whole minute that saw the sample and is not excluded."""
        minutes = _minutes(max(sample, now - window.length.ms), min(sample + _VISIBLE.ms, now))
        return not all(self._is_excluded(group, minute) for minute in minutes)

    def _is_excluded(self, group: Labels, minute: int) -> bool:
        return any(
            _begin(one) < minute <= _end(one) + PAIR_WINDOW.ms and one.labels.items() <= group.items()
            for one in self.scene.subject.slo.exclusions
        )

    # --- windows of the measured series

    def of_measured(self) -> Iterator[Case | Unproved]:
        """Nothing is counted from what was measured until the exclusion has left a window."""
        windows = [window for window in self.scene.predictor.windows if window.source == "measured"]
        long = [window for window in windows if window.length >= _LEAST_RANGE]
        if len(long) < len(windows):
            yield self._unproved("of windows below 10 minutes")
        if long:
            shortest = min(window.length for window in long)
            interval = _interval(self.step, shortest.ms - _LATE.ms * (_EVALUATIONS + 1))
            what = "what was measured counts again when a window is over it"
            yield self._of_measured(what, long, interval)

    def _of_measured(self, what: str, windows: Iterable[Window], interval: Duration) -> Case:
        driver = self.scene.driver
        assert driver is not None
        moments = self._moments()
        for place, moment in list(enumerate(moments, 1))[_CLOSE - 2 :]:
            for group in self.groups:
                for series, piece in driver.failing(group):
                    moment.add(series, [piece])
                for window in windows:
                    is_masked = self._is_masked(group, place * self.step.ms, window)
                    self._ask(moment, window, group, None if is_masked else 1.0)
        case = self._case(what, moments, self.step, interval)
        return case._replace(since=self.scene.subject.since)

    def _is_masked(self, group: Labels, now: int, window: Window) -> bool:
        lasting = PAIR_WINDOW.ms + window.length.ms
        return any(
            _begin(one) < now <= _end(one) + lasting and one.labels.items() <= group.items()
            for one in self.scene.subject.slo.exclusions
        )

    # --- windows that are summed from blocks

    def of_blocks(self) -> Iterator[Case]:
        """Excluded events are taken off the blocks, those that have happened, until the window has left them."""
        windows = [window for window in self.scene.predictor.windows if window.source == "blocks"]
        if not windows:
            return
        yield self._of_blocks("while it lasts, what has happened of it is taken off", windows, 0)
        yield self._of_blocks("what happened in it is taken off", windows, windows[0].length.ms // 2)
        assert self.scene.subject.block is not None
        for window in windows:
            what = f"it is taken off until {window.length} are over"
            length = (window.length + self.scene.subject.block).ms
            yield self._of_blocks(what, [window], length + _VISIBLE.ms // 2)

    def _of_blocks(self, what: str, windows: Iterable[Window], age: int) -> Case:
        """A sample of the pair so long ago, in the middle of the exclusion, and blocks that hold more."""
        subject, moment = self.scene.subject, Moment()
        assert subject.block is not None
        middle = (self.begin + self.end) // 2 // MINUTE.ms * MINUTE.ms
        step = Duration(middle + age + _PHASE.ms)
        interval = _interval(step, age or step.ms)
        newest = step.ms // interval.ms * interval.ms
        moment.clocks[subject.series(names.BLOCK_START)] = -subject.block.ms // 1000
        for group in self.groups:
            self._tell(moment, group, 1 if age else 0)
            for metric, value in ((names.TOTAL_BLOCK, _TOTAL_BLOCK), (names.BAD_BLOCK, _BAD_BLOCK)):
                moment.add(subject.series(metric, group), [level(0, [value])])
            for window in windows:
                first = newest // 1000 * 1000 - (subject.block + window.length).ms
                seconds = 60 * self._taken_off(group, newest - (interval.ms if age else 0), first, newest)
                bad, total = _BAD_BLOCK - seconds * _BAD, _TOTAL_BLOCK - seconds * _TOTAL
                self._ask(moment, window, group, bad / total)
        return self._case(what, [moment], step, interval)

    def _taken_off(self, group: Labels, sample: int, first: int, newest: int) -> int:
        """The excluded minutes that saw a sample, later than the first moment of a window and not after the newest one."""
        return sum(
            first < minute - SECOND.ms and minute < newest + MINUTE.ms and self._is_excluded(group, minute)
            for minute in _minutes(sample, sample + _VISIBLE.ms)
        )

    # ---

    def _unproved(self, which: str) -> Unproved:
        what = f"the exclusion {self.exclusion.name} {which}"
        reason = "promtool holds a value for each interval since 1970, and these would be many millions"
        return self.scene.subject.unproved(what, reason)


def _interval(step: Duration, longest: int) -> Duration:
    """At most so many milliseconds, and such that samples lie shortly before each evaluation."""
    parts = (parts for parts in count(-(-step.ms // longest)) if _PHASE.ms <= step.ms % parts <= _LATE.ms)
    return Duration(step.ms // next(parts))


def _begin(exclusion: Exclusion) -> int:
    return int(exclusion.start.timestamp()) * 1000


def _end(exclusion: Exclusion) -> int:
    return int(exclusion.end.timestamp()) * 1000


def _minutes(first: int, last: int) -> range:
    """The whole minutes from one moment to another."""
    return range(-(-first // MINUTE.ms) * MINUTE.ms, last + 1, MINUTE.ms)
