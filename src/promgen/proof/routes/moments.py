"""When a time interval holds, as Alertmanager decides it: by the clock of its time zone, minute by minute."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from promgen.compiler.ir.alertmanager import Moments, TimeInterval


def is_in(interval: TimeInterval, at: datetime) -> bool:
    """Whether a moment, which must know its time zone, lies in an interval."""
    return any(holds(moments, at) for moments in interval.moments)


def holds(moments: Moments, at: datetime) -> bool:
    """Whether all that is given holds at a moment."""
    local = at.astimezone(zone_of(moments.location))
    minute = local.hour * 60 + local.minute
    return has_day(moments, local.date()) and (
        not moments.times or any(start <= minute < end for start, end in moments.times)
    )


def has_day(moments: Moments, day: date) -> bool:
    """Whether some minutes of a day of the interval's own calendar may be in it."""
    return (
        _within(moments.years, day.year)
        and _within(moments.months, day.month)
        and _within(moments.weekdays, day.isoweekday() % 7)
        and (not moments.days_of_month or _has_day_of_month(moments.days_of_month, day))
    )


@cache
def zone_of(location: str) -> ZoneInfo:
    """The time zone; raise ZoneInfoNotFoundError for one that does not exist."""
    return ZoneInfo(location or "UTC")


def _within(ranges: Iterable[tuple[int, int]], value: int) -> bool:
    """Whether a value is in one of the ranges; nothing given is anything."""
    given = tuple(ranges)
    return not given or any(first <= value <= last for first, last in given)


def _has_day_of_month(ranges: Iterable[tuple[int, int]], day: date) -> bool:
    """A range that begins after the end of a month has none of its days, one that ends there has the last."""
    length = monthrange(day.year, day.month)[1]
    return any(_from_start(first, length) <= day.day <= _from_start(last, length) for first, last in ranges)


def _from_start(day: int, length: int) -> int:
    return day if day > 0 else length + day + 1
