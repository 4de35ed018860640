"""An alert with everything resolved: thresholds in the unit of the expression, severities in promgen's words."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from promgen.base.conventions import Severity
from promgen.base.durations import Duration
from promgen.model.proof import UserCase
from promgen.model.slo import Absence, Help


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One severity of an alert; `threshold` is None where the expression is the condition itself."""

    severity: Severity
    threshold: Decimal | None = None
    hold: Duration | None = None
    """The `for` of the rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdOverride:
    """Other thresholds where the result carries these label values."""

    labels: dict[str, str]
    thresholds: dict[Severity, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert of one service in one environment; levels are worst first."""

    name: str
    service: str
    system: str
    environment: str
    owner: str
    expr: str
    levels: tuple[Level, ...]
    comparison: Literal[">", "<"] | None = None
    unit: str = ""
    overrides: tuple[ThresholdOverride, ...] = ()
    keep_firing_for: Duration | None = None
    absence: Absence | None = None
    labels: dict[str, str] = field(default_factory=dict)
    help: Help = field(default_factory=Help)
    tests: tuple[UserCase, ...] = ()
    origin: str
    """The file it is written in."""

    @property
    def key(self) -> str:
        """What it is called in commands, messages and suppressions."""
        return f"{self.service}/{self.name}"

    @property
    def severities(self) -> frozenset[Severity]:
        """Those that it can fire with, missing data included."""
        missing = [self.absence.severity] if self.absence else []
        return frozenset([*(level.severity for level in self.levels), *missing])
