"""Cases that a user wrote to prove an SLO or an alert: what happens, and which alerts fire at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from promgen.base.durations import Duration

ABSENCE = "absence"
"""The alert for missing data, among the names of tiers and severities."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stretch of time in which nothing changes."""

    length: Duration
    """In whole minutes."""
    level: Decimal | None = None
    """The error ratio of an SLO, the value of an alert in its unit; None where the measured series do not exist."""
    traffic: Decimal | None = None
    """Events per second; None where any number will do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserCase:
    """One entry of `tests`: either `stretches` or `series` is given; alerts are tiers or severities, or ABSENCE."""

    place: int
    """Its index in the specification."""
    name: str
    stretches: tuple[Stretch, ...] = ()
    series: dict[str, str] = field(default_factory=dict)
    """Values by series in promtool's notation, one a minute."""
    end: Duration
    """When the expectation must hold."""
    fires: tuple[str, ...] = ()
    silent: tuple[str, ...] | None = None
    """What must not fire; None for everything else."""
