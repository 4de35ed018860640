"""Working hours and maintenance windows as time intervals; only those that a route names."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.compiler.ir.alertmanager import Moments, Route, TimeInterval
from promgen.compiler.lower.routing.tree import hours_interval, maintenance_interval
from promgen.model.catalog import Catalog
from promgen.model.routing import Hours, Maintenance

_DAY = 24 * 60


def lower_intervals(tree: Route, catalog: Catalog) -> tuple[TimeInterval, ...]:
    """The intervals of a tree, by name."""
    known = {hours_interval(team.name): _of_hours(team.hours) for team in catalog.teams if team.hours}
    known |= {maintenance_interval(window.name): _of_window(window) for window in catalog.maintenances}
    return tuple(TimeInterval(name, known[name]) for name in sorted(set(_named(tree))))


def _named(route: Route) -> Iterator[str]:
    yield from (*route.active, *route.muted)
    for child in route.routes:
        yield from _named(child)


def _of_hours(hours: Hours) -> tuple[Moments, ...]:
    return _moments(hours.start, hours.end, hours.days, hours.zone)


def _of_window(window: Maintenance) -> tuple[Moments, ...]:
    days = tuple((day, day) for day in window.days_of_month)
    moments = _moments(window.start, window.end, window.days, window.zone)
    return tuple(one._replace(days_of_month=days) for one in moments)


def _moments(start: int, end: int, days: tuple[int, ...], zone: str) -> tuple[Moments, ...]:
    """A stretch of the day, or of a night, whose second part is of the days that follow."""
    if start < end:
        return (Moments(times=((start, end),), weekdays=_ranges(days), location=zone),)
    evening = Moments(times=((start, _DAY),), weekdays=_ranges(days), location=zone)
    following = tuple(sorted((day + 1) % 7 for day in days))
    morning = Moments(times=((0, end),), weekdays=_ranges(following), location=zone)
    return (evening, morning) if end else (evening,)


def _ranges(days: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Days that follow each other as one range.

    >>> _ranges((1, 2, 3, 5))
    ((1, 3), (5, 5))
    """
    ranges: list[tuple[int, int]] = []
    for day in days:
        if ranges and ranges[-1][1] == day - 1:
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return tuple(ranges)
