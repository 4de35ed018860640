"""An Alertmanager's configuration as data: what routing compiles to, and what an existing file is read into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from promgen.base.durations import Duration
from promgen.model.routing import Secret
from promgen.promql import LabelMatcher

__all__ = [
    "EVERY_LABEL",
    "WEEKDAYS",
    "Alertmanager",
    "InhibitRule",
    "Integration",
    "Moments",
    "Receiver",
    "Route",
    "Secret",
    "TimeInterval",
]

WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
"""As Alertmanager counts them, from 0."""
EVERY_LABEL = "..."
"""In `group_by`: each alert is a group of its own."""


class Route(NamedTuple):
    """A node of the routing tree. None, and an empty receiver, is what the parent has; intervals are not inherited."""

    receiver: str = ""
    matchers: tuple[LabelMatcher, ...] = ()
    routes: tuple[Route, ...] = ()
    is_continued: bool = False
    """Whether the routes after this one are tried as well."""
    group_by: tuple[str, ...] | None = None
    group_wait: Duration | None = None
    group_interval: Duration | None = None
    repeat_interval: Duration | None = None
    active: tuple[str, ...] = ()
    """Names of time intervals; notifies only in one of them, where there are any."""
    muted: tuple[str, ...] = ()
    """Names of time intervals; notifies in none of them."""
    origin: str = ""
    """What it was made from, or its place in a file that was read."""


class Moments(NamedTuple):
    """Moments at which all that is given holds; what is empty always holds. Ranges include their end, but for times."""

    times: tuple[tuple[int, int], ...] = ()
    """Minutes of the day, the second excluded; 1440 is the end of the day."""
    weekdays: tuple[tuple[int, int], ...] = ()
    """0 is Sunday, as in Alertmanager."""
    days_of_month: tuple[tuple[int, int], ...] = ()
    """1 is the first; -1 is the last, -2 the one before."""
    months: tuple[tuple[int, int], ...] = ()
    """1 is January."""
    years: tuple[tuple[int, int], ...] = ()
    location: str = ""
    """Time zone, such as Europe/London; UTC where it is empty."""


class TimeInterval(NamedTuple):
    """Moments under a name: in it when any of them holds."""

    name: str
    moments: tuple[Moments, ...]


class InhibitRule(NamedTuple):
    """While an alert fires that the source chooses, those that the target chooses are muted where `equal` labels agree.

    A label that both lack agrees. An alert that both sides choose is not muted by another such alert.
    """

    source: tuple[LabelMatcher, ...]
    target: tuple[LabelMatcher, ...]
    equal: tuple[str, ...] = ()
    origin: str = ""


class Integration(NamedTuple):
    """One way a receiver is told: a key of Alertmanager's receivers such as `slack_configs`, and an entry of its list."""

    kind: str
    settings: Mapping[str, Any]
    """Alertmanager's own keys; a `Secret` stands where its value would, such as at `api_url`."""
    is_pager: bool = False
    """Whether it wakes people up."""


class Receiver(NamedTuple):
    """Who is told."""

    name: str
    integrations: tuple[Integration, ...]
    origin: str = ""


class Alertmanager(NamedTuple):
    """A whole configuration; the root of the tree has a receiver and no matchers."""

    route: Route
    receivers: tuple[Receiver, ...]
    inhibit_rules: tuple[InhibitRule, ...] = ()
    time_intervals: tuple[TimeInterval, ...] = ()
    templates: tuple[str, ...] = ()
    """Files with message templates, as Alertmanager finds them."""
    globals: Mapping[str, Any] = {}
