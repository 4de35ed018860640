"""A service level objective with everything resolved: names, templates, environments, defaults and units."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from promgen.base.conventions import Severity
from promgen.base.decimals import divide
from promgen.base.durations import DAY, Duration
from promgen.model.proof import UserCase

CalendarUnit = Literal["week", "month", "quarter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSli:
    """Counted events. Expressions are rates over `[$window]`, not aggregated; exactly one of `bad` and `good` is set."""

    total: str
    bad: str | None = None
    good: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeLatencySli:
    """Events of a native histogram; `rate` is over `[$window]`, and above `threshold` (in its unit) an event is bad."""

    rate: str
    threshold: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class GaugeSli:
    """Time; a series is good while its value is `comparison` the threshold, in the expression's unit."""

    expr: str
    comparison: Literal["<", ">"]
    threshold: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeSli:
    """Time; a series is 1 when all is well and 0 when not."""

    expr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSli:
    """Time, weighted by a ratio from 0 to 1 that something else measures."""

    expr: str
    measures: Literal["errors", "successes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSliceSli:
    """Time; a slice is bad when its error ratio is above `max_error_ratio`."""

    length: Duration
    max_error_ratio: Decimal
    events: EventSli | NativeLatencySli


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """An SLO within a composite; `value` is its weight, or the error ratio above which it is bad."""

    service: str
    slo: str
    value: Decimal
    revision: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeSli:
    """Several SLOs as one: weighted by events or by ratio, or bad when any part is."""

    combine: Literal["events", "ratio", "any_bad"]
    parts: tuple[Part, ...]


Sli = EventSli | NativeLatencySli | GaugeSli | ProbeSli | RawSli | TimeSliceSli | CompositeSli


def is_counted(sli: Sli) -> bool:
    """Whether an indicator counts events, so that a window can be taken from the measured series; others measure time."""
    return isinstance(sli, EventSli | NativeLatencySli)


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingPeriod:
    """The time up to now."""

    length: Duration

    @property
    def longest(self) -> Duration:
        return self.length

    def __str__(self) -> str:
        return str(self.length)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarPeriod:
    """A period of the calendar; `utc_offset` in seconds east of UTC."""

    unit: CalendarUnit
    utc_offset: int = 0

    @property
    def length(self) -> Duration:
        """The nominal length, by which burn rates are counted."""
        return DAY * {"week": 7, "month": 30, "quarter": 91}[self.unit]

    @property
    def longest(self) -> Duration:
        return DAY * {"week": 7, "month": 31, "quarter": 92}[self.unit]

    def __str__(self) -> str:
        return f"calendar {self.unit}"


Period = RollingPeriod | CalendarPeriod


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A burn rate that must be exceeded over a long and a short window."""

    name: str
    burn_rate: Decimal
    long: Duration
    short: Duration
    severity: Severity
    hold: Duration | None = None
    """The `for` of the alert."""

    def threshold(self, objective: Decimal) -> Decimal:
        """The error ratio above which the tier fires: burn rate times (1 - objective)."""
        return self.burn_rate * (1 - objective)

    def is_reachable(self, objective: Decimal) -> bool:
        """Whether an outage of everything would exceed the threshold."""
        return self.threshold(objective) < 1

    def budget_share(self, period: Duration) -> Decimal:
        """The share of the budget spent within the long window at the burn rate: burn rate * long / period."""
        return divide(self.burn_rate * self.long.ms, Decimal(period.ms))


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """The alert for data that is missing; `expr` is what must exist, where it is not the value itself."""

    after: Duration
    severity: Severity
    expr: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """Time that does not count, of all groups or of those with the labels."""

    name: str
    start: datetime
    end: datetime
    reason: str
    owner: str
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """What an alert tells the person who is paged."""

    description: str = ""
    annotations: dict[str, str] = field(default_factory=dict)
    runbook: str = ""
    dashboard: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slo:
    """One objective of one service in one environment; `environment` is empty where a system has none."""

    name: str
    service: str
    system: str
    environment: str
    owner: str
    objective: Decimal
    period: Period
    sli: Sli
    group_by: tuple[str, ...] = ()
    tiers: tuple[Tier, ...] = ()
    min_bad_events: int | None = None
    absence: Absence | None = None
    is_silent: bool = False
    """Whether it has no alerts of its own."""
    doubt_severity: Severity = Severity.LOW
    """Severity of the alerts that say that the SLO's numbers cannot be trusted."""
    exclusions: tuple[Exclusion, ...] = ()
    history: Literal["keep", "reset"] | None = None
    revision: str = ""
    """Set when history was reset: names the meaning of the SLI, as part of the identity."""
    labels: dict[str, str] = field(default_factory=dict)
    help: Help = field(default_factory=Help)
    tests: tuple[UserCase, ...] = ()
    origin: str
    """The file it is written in."""

    @property
    def severities(self) -> frozenset[Severity]:
        """Those that its alerts can fire with."""
        missing = [self.absence.severity] if self.absence else []
        doubt = [] if self.is_silent else [self.doubt_severity]
        return frozenset([*(tier.severity for tier in self.tiers), *missing, *doubt])

    @property
    def key(self) -> str:
        """What it is called in commands, messages and suppressions."""
        return f"{self.service}/{self.name}"
