"""Time intervals over the years to come, minute by minute: what proofs about time look at.

Four years have every length of month, a leap day, and each change of the clocks several times.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from promgen.compiler.ir.alertmanager import Moments, TimeInterval
from promgen.proof.routes.moments import has_day, zone_of
from promgen.proof.routes.stretches import Stretches, common, joined, without

DAYS = 4 * 365 + 1
_DAY = 1440
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Piece(NamedTuple):
    """A part of one day on the clock of a zone, in which the clock is not changed."""

    start: int
    end: int
    day: date
    minute: int
    """What the clock shows at the start."""


@dataclass(frozen=True)
class Horizon:
    """The intervals of a configuration over four years from a day on; minutes count from 1970, in UTC."""

    intervals: tuple[TimeInterval, ...]
    first: date
    _pieces: dict[str, tuple[_Piece, ...]] = field(default_factory=dict)
    _known: dict[tuple[frozenset[str], frozenset[str]], Stretches] = field(default_factory=dict)

    @property
    def whole(self) -> Stretches:
        """All minutes."""
        start = _minutes(datetime(self.first.year, self.first.month, self.first.day, tzinfo=UTC))
        return ((start, start + DAYS * _DAY),)

    @cached_property
    def _by_name(self) -> dict[str, Stretches]:
        return {interval.name: self._of(interval.moments) for interval in self.intervals}

    def notifying(self, active: Iterable[str], muted: Iterable[str]) -> Stretches:
        """The minutes at which a route with these intervals notifies; one that is not defined holds never."""
        key = frozenset(active), frozenset(muted)
        if key not in self._known:
            allowed = self._any(key[0]) if key[0] else self.whole
            self._known[key] = without(allowed, self._any(key[1]))
        return self._known[key]

    def _any(self, names: Iterable[str]) -> Stretches:
        return joined(stretch for name in names for stretch in self._by_name.get(name, ()))

    def _of(self, moments: Iterable[Moments]) -> Stretches:
        return common(self.whole, joined(stretch for one in moments for stretch in self._stretches(one)))

    def _stretches(self, moments: Moments) -> Iterator[tuple[int, int]]:
        for piece in self._days(moments.location):
            if not has_day(moments, piece.day):
                continue
            last = piece.minute + piece.end - piece.start
            for start, end in moments.times or ((0, _DAY),):
                shown_from, shown_to = max(start, piece.minute), min(end, last)
                if shown_from < shown_to:
                    shift = piece.start - piece.minute
                    yield shown_from + shift, shown_to + shift

    def _days(self, location: str) -> tuple[_Piece, ...]:
        if location not in self._pieces:
            self._pieces[location] = tuple(_pieces(location, *self.whole[0]))
        return self._pieces[location]


def moment_of(minute: int) -> datetime:
    """A minute as a moment in UTC."""
    return _EPOCH + timedelta(minutes=minute)


def _minutes(moment: datetime) -> int:
    return int((moment - _EPOCH).total_seconds()) // 60


def _pieces(location: str, start: int, end: int) -> Iterator[_Piece]:
    while start < end:
        local = moment_of(start).astimezone(zone_of(location))
        minute = local.hour * 60 + local.minute
        stop = _first_change(location, start, min(end, start + _DAY - minute))
        yield _Piece(start, stop, local.date(), minute)
        start = stop


def _first_change(location: str, start: int, end: int) -> int:
    """The first minute, at most `end`, at which the clock is further from UTC or nearer than at the start.

    It changes at most once a day.
    """
    if _offset(location, end - 1) == _offset(location, start):
        return end
    same, changed = start, end - 1
    while changed - same > 1:
        middle = (same + changed) // 2
        if _offset(location, middle) == _offset(location, start):
            same = middle
        else:
            changed = middle
    return changed


def _offset(location: str, minute: int) -> timedelta | None:
    return moment_of(minute).astimezone(zone_of(location)).utcoffset()
