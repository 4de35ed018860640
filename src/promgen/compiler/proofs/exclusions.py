"""Proof of exclusions: which minutes do not count, of which groups, and that windows are clean when they are over.

An exclusion is decades after the epoch, where promtool's time begins. So a case consists of evaluations that lie years
apart, of which the fourth is before the exclusion, the fifth shortly after it and the sixth beyond it by as much. The
samples of each lie a few intervals before it, and an interval may be as long as the time since the epoch.
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
_LEAST_INTERVAL = MINUTE * 30
"""Finer ones are too many for promtool to hold: one value for each interval since the epoch."""
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

    def _case(self, what: str, moments: Sequence[Moment], interval: Duration) -> Case:
        subject = self.scene.subject
        name = f"the exclusion {self.exclusion.name}: {what}"
        return case_at(subject, name, moments, step=self.step, groups=(subject.main,), interval=interval)

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
            (
                "a minute that ends with the pair's five minutes after it counts",
                self.end + _VISIBLE.ms + _HALF.ms,
            ),
            ("the five minutes after it, of which the pair is a mean, do not count", self.end + _HALF.ms),
            ("its first minute does not count", self.begin + _HALF.ms),
            ("the minute before it counts", self.begin - _HALF.ms),
        )
        longest = max((window.length.ms for window in self.summed), default=0)
        for what, at in moments:
            age = self.step.ms * _CLOSE - at
            if age < longest:
                yield self._of_sample(what, Duration((self.step.ms * _CLOSE - age) // _CLOSE))

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
        return self._case(what, moments, interval)

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
            interval = self._interval(shortest.ms - _LATE.ms * (_EVALUATIONS + 1))
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
        case = self._case(what, moments, interval)
        return case._replace(since=self.scene.subject.since)

    def _is_masked(self, group: Labels, now: int, window: Window) -> bool:
        lasting = PAIR_WINDOW.ms + window.length.ms
        return any(
            _begin(one) < now <= _end(one) + lasting and one.labels.items() <= group.items()
            for one in self.scene.subject.slo.exclusions
        )

    # --- windows that are summed from blocks

    def of_blocks(self) -> Iterator[Case | Unproved]:
        """The excluded events are taken off the blocks that they are in."""
        windows = [window for window in self.scene.predictor.windows if window.source == "blocks"]
        if not windows:
            return
        wanted = self.step.ms * _CLOSE - self.begin - _HALF.ms
        if wanted < _LEAST_INTERVAL.ms or wanted > windows[0].length.ms:
            yield self._unproved("of windows that are summed from blocks")
            return
        yield self._of_blocks(windows, self._interval(wanted))

    def _of_blocks(self, windows: Iterable[Window], interval: Duration) -> Case:
        """A sample of the pair within the exclusion, and blocks that hold more."""
        subject, moments = self.scene.subject, self._moments()
        assert subject.block is not None
        for place, moment in list(enumerate(moments, 1))[_CLOSE - 2 :]:
            moment.clocks[subject.series(names.BLOCK_START)] = -subject.block.ms // 1000
            for group in self.groups:
                self._tell(moment, group, 1)
                for metric, value in ((names.TOTAL_BLOCK, _TOTAL_BLOCK), (names.BAD_BLOCK, _BAD_BLOCK)):
                    moment.add(subject.series(metric, group), [level(0, [value])])
                sample = place * (self.step.ms // interval.ms * interval.ms) - interval.ms
                seconds = 60 * self._excluded(group, sample)
                bad, total = _BAD_BLOCK - seconds * _BAD, _TOTAL_BLOCK - seconds * _TOTAL
                for window in windows:
                    self._ask(moment, window, group, bad / total)
        return self._case("its events are taken off the blocks", moments, interval)

    def _excluded(self, group: Labels, sample: int) -> int:
        """The minutes that saw a sample and are excluded."""
        minutes = _minutes(sample, sample + _VISIBLE.ms)
        return sum(self._is_excluded(group, minute) for minute in minutes)

    # ---

    def _interval(self, longest: int) -> Duration:
        """At most so many milliseconds, and such that samples lie shortly before each evaluation."""
        ms = self.step.ms
        parts = next(parts for parts in count(-(-ms // longest)) if _PHASE.ms <= ms % parts <= _LATE.ms)
        return Duration(ms // parts)

    def _unproved(self, which: str) -> Unproved:
        what = f"the exclusion {self.exclusion.name} {which}"
        reason = "promtool holds a value for each interval since 1970, and these would be millions"
        return self.scene.subject.unproved(what, reason)


def _begin(exclusion: Exclusion) -> int:
    return int(exclusion.start.timestamp()) * 1000


def _end(exclusion: Exclusion) -> int:
    return int(exclusion.end.timestamp()) * 1000


def _minutes(first: int, last: int) -> range:
    """The whole minutes from one moment to another."""
    return range(-(-first // MINUTE.ms) * MINUTE.ms, last + 1, MINUTE.ms)
