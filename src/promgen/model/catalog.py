"""Everything of a project that runs: the one object that the compiler hands to whatever comes after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from promgen.base.conventions import PRIORITY_OF, SEVERITIES, Priority, Severity
from promgen.base.durations import MINUTE, Duration
from promgen.model.alert import Alert
from promgen.model.routing import Hours, Maintenance, Receiver, Routing, Silence, Smtp
from promgen.model.scraping import Probe, Scraped, ScrapeJob
from promgen.model.slo import Slo

SCRAPE_INTERVAL = Duration(15_000)
EVALUATION_INTERVAL = MINUTE
"""Interval of the groups that record the base pair; the windows' arithmetic depends on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """People who answer for services."""

    name: str
    description: str = ""
    contacts: dict[str, str] = field(default_factory=dict)
    receivers: dict[Priority, tuple[str, ...]] = field(default_factory=dict)
    """Its own, by priority."""
    schedules: tuple[str, ...] = ()
    hours: Hours | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service; dependencies are the names of the services it calls."""

    name: str
    system: str
    owner: str
    description: str = ""
    criticality: Literal["critical", "high", "medium", "low"] | None = None
    depends_on: tuple[str, ...] = ()
    links: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    origin: str
    """The file it is written in."""


Dialect = Literal["prometheus", "thanos", "mimir", "victoriametrics", "prometheus-operator"]
"""What loads the rules; Cortex is close enough to Mimir to be declared as it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a ruler takes; None is the dialect's own limit, 0 is no limit."""

    rules_per_group: int | None = None
    groups: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What the rules and routes will run on; the oldest versions, as (major, minor)."""

    prometheus: tuple[int, int] = (2, 42)
    alertmanager: tuple[int, int] = (0, 25)
    scrape_interval: Duration = SCRAPE_INTERVAL
    retention: Duration | None = None
    external_labels: tuple[str, ...] = ()
    severity_label: str = "severity"
    severity_values: dict[Severity, str] = field(default_factory=dict)
    runbook_url: str = ""
    dialect: Dialect | None = None
    """None where it is not declared."""
    limits: Limits = Limits()

    def severity_value(self, severity: Severity) -> str:
        """What this site prints for a severity."""
        return self.severity_values.get(severity, severity.value)

    def priority(self, severity: Severity) -> Priority:
        """How a severity is routed: as the worst of those that this site prints alike."""
        word = self.severity_value(severity)
        return PRIORITY_OF[next(one for one in SEVERITIES if self.severity_value(one) == word)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """Sorted by name within each part; SLOs and alerts once per environment."""

    target: Target = Target()
    teams: tuple[Team, ...] = ()
    services: tuple[Service, ...] = ()
    slos: tuple[Slo, ...] = ()
    alerts: tuple[Alert, ...] = ()
    receivers: tuple[Receiver, ...] = ()
    routings: tuple[Routing, ...] = ()
    smtp: Smtp | None = None
    silences: tuple[Silence, ...] = ()
    maintenances: tuple[Maintenance, ...] = ()
    scrape_jobs: tuple[ScrapeJob, ...] = ()
    probes: tuple[Probe, ...] = ()

    @property
    def things(self) -> tuple[Slo | Alert, ...]:
        """All SLOs and alerts."""
        return (*self.slos, *self.alerts)

    @property
    def scraped(self) -> tuple[Scraped, ...]:
        """All scrape jobs and probes by name."""
        return tuple(sorted((*self.scrape_jobs, *self.probes), key=lambda one: one.name))
