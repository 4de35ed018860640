"""A period as the blocks that it is summed from: a few that hold everything, one at each edge, and one just outside."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from promgen.base import conventions as names
from promgen.base.durations import Duration
from promgen.compiler.proofs.budgets import Account, Sums, allowed, hour_of, recorded_bad
from promgen.compiler.proofs.calendars import longest_end, period_begin
from promgen.compiler.proofs.scenes import Scene
from promgen.compiler.proofs.subject import Labels
from promgen.compiler.proofs.timeline import Moment, level
from promgen.model.catalog import EVALUATION_INTERVAL
from promgen.model.slo import CalendarPeriod

_NEWEST, _MIDDLE = 0.05, 0.8
"""Shares of what happened in the newest complete block and in one in the middle; the oldest has the rest."""
_ENOUGH, _LITTLE = 0.992, 0.988
"""Just more of the period, and just less, than must have been observed."""
_LOUD = 1e9
_SECONDS = EVALUATION_INTERVAL.ms // 1000


@dataclass(frozen=True)
class BlockLedger:
    """Tells of periods by their blocks; evaluations lie exactly at the end of a block, whose last minute is their own."""

    scene: Scene
    block: Duration

    @property
    def interval(self) -> Duration:
        return self.block

    @cached_property
    def step(self) -> Duration:
        """Between evaluations; the first one of a calendar period is at the very end of a longest one."""
        period = self.scene.subject.slo.period
        if isinstance(period, CalendarPeriod):
            return Duration(longest_end(period) * 1000)
        return period.length + self.block * 4

    def tell(self, moment: Moment, place: int, group: Labels, account: Account) -> Sums:
        """Add the samples of a group up to the evaluation number `place`, and say what they add up to."""
        oldest = self.oldest(place)
        elapsed = (oldest + 1) * self.block.ms / 1000
        own_bad = self._tell_pair(moment, group, account)
        own = _SECONDS if account.is_alive else 0
        total = account.total if oldest else 0.0
        bad = total * account.spent * allowed(self.scene.subject)
        observed = self._observed(account, elapsed) if oldest else own
        for metric, amount in (
            (names.TOTAL_BLOCK, total),
            (names.BAD_BLOCK, bad),
            (names.OBSERVED_BLOCK, observed - own),
        ):
            pieces = [level(age, [value]) for age, value in _spread(amount, oldest).items()]
            moment.add(self.scene.subject.series(metric, group), pieces)
        return Sums(
            total + account.now * own,
            bad + own_bad * own,
            observed / elapsed,
            observed,
            hour_of(self.scene, account),
        )

    def oldest(self, place: int) -> int:
        """The age of the oldest complete block of the period; the block that is evaluated has the age 0."""
        period = self.scene.subject.slo.period
        if not isinstance(period, CalendarPeriod):
            return period.length.ms // self.block.ms
        at = self.step.ms * place // 1000
        return (at - period_begin(period, at)) * 1000 // self.block.ms - 1

    def _observed(self, account: Account, elapsed: float) -> float:
        if account.is_covered:
            return elapsed * _ENOUGH
        return elapsed * _LITTLE if account.is_old else 2.0 * _SECONDS

    def _tell_pair(self, moment: Moment, group: Labels, account: Account) -> float:
        """Add the pair, and say how much of it is bad at the evaluation."""
        subject = self.scene.subject
        total = subject.series(names.TOTAL_EVENTS, group)
        if account.is_old:
            moment.add(total, [level(subject.slo.period.longest.ms // self.block.ms, [1.0])])
        if not account.is_alive:
            return 0.0
        bad = recorded_bad(self.scene, account.now, account.now * account.spent * allowed(subject))
        moment.add(total, [level(0, [account.now])])
        if self.scene.driver is None:
            moment.add(subject.series(names.BAD_EVENTS, group), [level(0, [bad])])
        return bad


def _spread(amount: float, oldest: int) -> dict[int, float]:
    """An amount by age of block, and what lies before the period."""
    values: dict[int, float] = {oldest + 1: _LOUD}
    newest, middle = min(1, oldest), (oldest + 1) // 2
    shares = ((newest, _NEWEST), (middle, _MIDDLE), (oldest, 1 - _NEWEST - _MIDDLE))
    for age, share in shares if oldest else ():
        values[age] = values.get(age, 0.0) + amount * share
    return values
