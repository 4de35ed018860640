"""Where the periods of a calendar begin, by Python's own calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from promgen.base.durations import DAY
from promgen.model.slo import CalendarPeriod

_DAY = DAY.ms // 1000
_MONTHS = {"month": 1, "quarter": 3}


def period_begin(period: CalendarPeriod, at: int) -> int:
    """The Unix time at which the period began that holds the second up to `at`."""
    zone = timezone(timedelta(seconds=period.utc_offset))
    local = datetime.fromtimestamp(at - 1, UTC).astimezone(zone)
    day = local.replace(hour=0, minute=0, second=0, microsecond=0)
    if period.unit == "week":
        day -= timedelta(days=day.weekday())
    else:
        months = _MONTHS[period.unit]
        day = day.replace(month=(day.month - 1) // months * months + 1, day=1)
    return int(day.timestamp())


def first_boundary(period: CalendarPeriod) -> int:
    """The first one after the Unix epoch, where a period began that is wholly known."""
    return _boundary(period, 1)


def longest_end(period: CalendarPeriod) -> int:
    """The first end of a period of the greatest length that began after the epoch, with some time to spare."""
    longest = period.longest.ms // 1000
    end = _boundary(period, longest + 2 * _DAY)
    while end - period_begin(period, end) < longest:
        end = _boundary(period, end + 1)
    return end


def _boundary(period: CalendarPeriod, at: int) -> int:
    """The first boundary at or after a moment."""
    day = at + (-at - period.utc_offset) % _DAY
    while period_begin(period, day + 1) != day:
        day += _DAY
    return day
