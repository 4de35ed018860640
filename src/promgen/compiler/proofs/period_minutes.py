"""A period of less than a week as the minutes that it is summed from, with one at each edge and one just outside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from promgen.base import conventions as names
from promgen.base.durations import HOUR, Duration
from promgen.compiler.proofs.budgets import Account, Sums, allowed, hour_of, recorded_bad
from promgen.compiler.proofs.scenes import Scene
from promgen.compiler.proofs.subject import Labels
from promgen.compiler.proofs.timeline import Moment, Piece, level, number
from promgen.model.catalog import EVALUATION_INTERVAL

_EDGE = 0.05
"""Share of what happened in the oldest minute."""
_LOUD = 1e9
_GOAL = 99
"""Percent of the period that must have been observed."""
_SECONDS = EVALUATION_INTERVAL.ms // 1000


@dataclass(frozen=True)
class MinuteLedger:
    """Tells of short periods, minute by minute up to the evaluation's own."""

    scene: Scene

    interval = EVALUATION_INTERVAL

    @cached_property
    def minutes(self) -> int:
        """Of the period."""
        return self.scene.subject.slo.period.length.ms // self.interval.ms

    @cached_property
    def step(self) -> Duration:
        """Between evaluations."""
        return self.scene.subject.slo.period.length * 2 + HOUR * 2

    def tell(self, moment: Moment, _place: int, group: Labels, account: Account) -> Sums:
        """Add the samples of a group up to an evaluation, and say what they add up to."""
        subject = self.scene.subject
        ratio = account.spent * allowed(subject)
        own_bad = recorded_bad(self.scene, account.now, account.now * ratio)
        is_recorded = self.scene.driver is not None
        total = subject.series(names.TOTAL_EVENTS, group)
        bad = subject.series(names.BAD_EVENTS, group)
        moment.add(total, self._pieces(account, account.total, account.now))
        moment.add(bad, self._pieces(account, account.total * ratio, None if is_recorded else own_bad))
        own = _SECONDS if account.is_alive else 0
        return Sums(
            account.total + account.now * own,
            account.total * ratio + own_bad * own,
            (self._observed(account) - (not account.is_alive)) / self.minutes,
            hour=hour_of(self.scene, account),
        )

    def _observed(self, account: Account) -> int:
        """Minutes with a sample up to the evaluation's own, whether that has one or not."""
        enough = self.minutes * _GOAL // 100 + 1
        return enough if account.is_covered else -(-self.minutes * _GOAL // 100) - 1

    def _pieces(self, account: Account, amount: float, newest: float | None) -> Iterator[Piece]:
        """So many events as samples of one series; `newest` is None where the evaluation records it."""
        count = self._observed(account)
        if account.is_old:
            yield level(self.minutes + 1, [_LOUD], ends=True)
        if account.is_covered:
            yield level(self.minutes - 1, [amount * _EDGE / _SECONDS], ends=count < self.minutes)
            amount, count = amount * (1 - _EDGE), count - 1
        yield _run(count - 1, amount / _SECONDS)
        if not account.is_alive:
            yield Piece(0, 1, "stale")
        elif newest is not None:
            yield level(0, [newest])


def _run(count: int, amount: float) -> Piece:
    """An amount in equal samples up to the one before the evaluation."""
    return Piece(count, count, f"{number(amount / count)}x{count - 1}")
