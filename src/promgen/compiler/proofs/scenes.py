"""A history of an SLO as samples: the last hour as measured series, and what lies before as recorded ones.

Everything older than a few minutes is one sample for each stretch of the history: sums over windows cannot tell the
difference, and promtool has little to load.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from promgen.base import conventions as names
from promgen.base.durations import HOUR, Duration
from promgen.compiler.proofs.drivers import Driver, Growth, Role
from promgen.compiler.proofs.predictions import History, Predictor, Stretch, ages
from promgen.compiler.proofs.subject import Labels, Subject, selector
from promgen.compiler.proofs.timeline import Moment, Piece, counter, level

_SINGLE = 20
"""A stretch of at most so many intervals is recorded sample by sample."""
_LOUD = 1e6
"""Traffic of the groups and series that must not count; whoever counts them sees nothing else."""
_EVENTS = 60.0
"""Events in one interval of the other groups."""


@dataclass(frozen=True)
class Scene:
    """What is needed to make samples of histories; without a driver, of an SLI that measures time.

    With a limit, histories and predictions are about windows up to it.
    """

    subject: Subject
    driver: Driver | None
    interval: Duration
    limit: Duration | None = None

    def within(self, limit: Duration) -> Scene:
        """The same scene for windows up to a limit, whose moments may lie nearer to each other."""
        return replace(self, limit=limit)

    @cached_property
    def predictor(self) -> Predictor:
        return Predictor(self.subject, self.interval, self.limit)

    @cached_property
    def hour(self) -> int:
        """Intervals of measured series."""
        return HOUR.ms // self.interval.ms + 1

    @cached_property
    def spacing(self) -> Duration:
        """Between moments: longer than any history, so that no moment sees another's; whole hours, and whole blocks."""
        unit = max(HOUR, self.subject.block or HOUR)
        history = Duration((self.predictor.edges[-1] + self.hour) * self.interval.ms)
        return unit * (history.ms // unit.ms + 1)

    def moment(
        self, history: History, *, recorded: History | None = None, without: Role | None = None
    ) -> Moment:
        """The history happens to the first group; the others are healthy.

        `recorded` is what the pair says of it, where that differs.
        """
        moment = Moment()
        self.measure(moment, self.subject.groups[0], history, without)
        self.record(moment, self.subject.groups[0], recorded or history)
        for group in self.subject.groups[1:]:
            self.tell(moment, group, [Stretch(_SINGLE, _EVENTS * _LOUD, 0.0)])
        return moment

    def moment_of_another(self, history: History) -> Moment:
        """The history happens to all groups but the first, which is healthy."""
        moment = Moment()
        for group in self.subject.groups[1:]:
            self.tell(moment, group, history)
        self.tell(moment, self.subject.groups[0], [Stretch(_SINGLE, _EVENTS * _LOUD, 0.0)])
        return moment

    def tell(self, moment: Moment, group: Labels, history: History) -> None:
        """Add the samples of one group."""
        self.measure(moment, group, history)
        self.record(moment, group, history)

    def measure(self, moment: Moment, group: Labels, history: History, without: Role | None = None) -> None:
        """Add what was measured in the last hour; nothing for an SLI that measures time."""
        if self.driver is not None:
            growth = _growth(history, self.hour)
            age = sum(step.times for step in growth)
            for series, piece in self.driver.samples(group, age, growth, without):
                moment.add(series, [piece])

    def record(self, moment: Moment, group: Labels, history: History) -> None:
        """Add what the rules recorded."""
        for metric, values in (
            (names.TOTAL_EVENTS, [(stretch.length, stretch.total) for stretch in history]),
            (names.BAD_EVENTS, [(stretch.length, stretch.bad) for stretch in history]),
        ):
            moment.add(self.subject.series(metric, group), _recorded(values, self.newest))
        if any(window.source == "blocks" for window in self.predictor.windows):
            self._blocks(moment, group, history)

    @cached_property
    def newest(self) -> int:
        """Age of the newest record given: where events are counted, the evaluation itself records the newest minute."""
        return 0 if self.driver is None else self.predictor.minute

    def _blocks(self, moment: Moment, group: Labels, history: History) -> None:
        assert self.subject.block is not None
        length = self.subject.block.ms // self.interval.ms
        blocks: dict[int, tuple[float, float]] = {}
        for age, count, total, bad in _cut(history, length):
            before = blocks.get(age, (0.0, 0.0))
            blocks[age] = before[0] + count * total, before[1] + count * bad
        for place, metric in enumerate((names.TOTAL_BLOCK, names.BAD_BLOCK)):
            pieces = [level(age, [sums[place]], ends=True) for age, sums in blocks.items()]
            moment.add(self.subject.series(metric, group), pieces)
        # Windows are recorded before blocks, so they read the hour that the evaluation before this one was in.
        moment.clocks[self.subject.series(names.BLOCK_START)] = -self.subject.block.ms // 1000

    def distract(self, moment: Moment) -> None:
        """Add series of other SLOs, all bad and many, and measured ones that a selector would choose but for a matcher."""
        for identity in self.subject.decoys():
            labels = {**identity, **self.subject.groups[0]}
            for metric in (names.TOTAL_EVENTS, names.BAD_EVENTS):
                moment.add(metric + selector(labels), [level(2, [_LOUD] * 3)])
        if self.driver is not None:
            for series in self.driver.decoys(self.subject.groups[0]):
                moment.add(series, [counter(_SINGLE, [(_SINGLE, _EVENTS * _LOUD)])])


def _growth(history: History, intervals: int) -> list[Growth]:
    """The newest intervals as growth of counters, oldest first."""
    growth: list[Growth] = []
    for length, total, bad in history:
        count = min(length, intervals)
        if count > 0:
            growth.append(Growth(count, total, bad))
        intervals -= count
    return growth[::-1]


def _recorded(values: Sequence[tuple[int, float]], newest: int) -> Iterator[Piece]:
    """The pair: a sample is the events of a minute per second; an older stretch is one sample with all its events."""
    age = 0
    near: list[float] = []
    for length, amount in values:
        if length <= _SINGLE and age == len(near):
            near += [amount / 60] * length
        else:
            middle = age + length // 2
            yield level(middle, [amount * length / 60], ends=True)
        age += length
    if near[newest:]:
        yield level(len(near) - 1, near[newest:][::-1])


def _cut(history: History, block: int) -> Iterator[tuple[int, int, float, float]]:
    """Stretches cut at the ends of blocks: age of the block's end, intervals, and events per interval."""
    for age, (length, total, bad) in ages(history):
        last = age + length
        if last - age > block:  # far back: all in the block of its middle
            yield (age + length // 2) // block * block, length, total, bad
            continue
        for end in range(age // block * block, last, block):
            yield end, min(last, end + block) - max(age, end), total, bad
