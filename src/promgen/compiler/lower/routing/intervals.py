"""Working hours and maintenance windows as time intervals; only those that a route names."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.compiler.ir.alertmanager import Moments, Route, TimeInterval
from promgen.compiler.lower.routing.tree import hours_interval, maintenance_interval
from promgen.model.catalog import Catalog
from promgen.model.routing import Hours, Maintenance


def lower_intervals(tree: Route, catalog: Catalog) -> tuple[TimeInterval, ...]:
    """The intervals of a tree, by name."""
    known = {hours_interval(team.name): _of_hours(team.hours) for team in catalog.teams if team.hours}
    known |= {maintenance_interval(window.name): _of_window(window) for window in catalog.maintenances}
    return tuple(TimeInterval(name, (known[name],)) for name in sorted(set(_named(tree))))


def _named(route: Route) -> Iterator[str]:
    yield from (*route.active, *route.muted)
    for child in route.routes:
        yield from _named(child)


def _of_hours(hours: Hours) -> Moments:
    return Moments(times=((hours.start, hours.end),), weekdays=_ranges(hours.days), location=hours.zone)


def _of_window(window: Maintenance) -> Moments:
    days = tuple((day, day) for day in window.days_of_month)
    times = ((window.start, window.end),)
    return Moments(times=times, weekdays=_ranges(window.days), days_of_month=days, location=window.zone)


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
