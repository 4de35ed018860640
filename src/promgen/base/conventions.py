"""Every name promgen invents for the outside: series, labels, alerts, words and their order.

Dashboards, reports and users depend on these names. Nothing else in the package spells one of them out; a test looks.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from promgen.base.durations import Duration

API_VERSION: Final = "promgen/v1"
PROJECT_FILE: Final = "promgen.yaml"
PROJECT_NAME: Final = "promgen"
"""What a project is called that does not say."""
RULES_SUFFIX: Final = ".rules.yaml"
TESTS_FOLDER_SUFFIX: Final = ".tests"
CATALOG_FILE: Final = "catalog.json"
INVENTORY_FILE: Final = "promgen.inventory.json"
ALERTMANAGER_FOLDER: Final = "alertmanager"
"""Below the folder of the rules; holds the three files below."""
ALERTMANAGER_FILE: Final = "alertmanager.yml"
TEMPLATES_FILE: Final = "promgen.tmpl"
SILENCES_FILE: Final = "silences.json"
SILENCE_MARK: Final = "[promgen:{}]"
"""End of a silence's comment, with its name."""
DELIVERIES_FOLDER: Final = "deliveries"
"""Below the folder of the rules; has a folder for each delivery."""
PROMETHEUS_FOLDER: Final = "prometheus"
"""Below the folder of the rules; holds what the two programs that scrape are configured with."""
PROMETHEUS_FILE: Final = "prometheus.yml"
BLACKBOX_FILE: Final = "blackbox.yml"
TARGETS_FOLDER: Final = "targets"
"""Beside them; has a file of targets for each job and probe."""

# Labels that identify the series of an SLO. A revision is set when the history of an SLO was reset.
SLO_LABEL: Final = "slo"
SERVICE_LABEL: Final = "service"
ENVIRONMENT_LABEL: Final = "environment"
REVISION_LABEL: Final = "revision"
IDENTITY_LABELS: Final = (SLO_LABEL, SERVICE_LABEL, ENVIRONMENT_LABEL, REVISION_LABEL)

# Labels of alerts and of the info series.
ALERT_LABEL: Final = "alert"
SYSTEM_LABEL: Final = "system"
OWNER_LABEL: Final = "owner"
CRITICALITY_LABEL: Final = "criticality"
SEVERITY_LABEL: Final = "severity"
TIER_LABEL: Final = "tier"
WINDOW_LABEL: Final = "window"

RESERVED_LABELS: Final = frozenset(
    {
        *IDENTITY_LABELS,
        ALERT_LABEL,
        SYSTEM_LABEL,
        OWNER_LABEL,
        CRITICALITY_LABEL,
        SEVERITY_LABEL,
        TIER_LABEL,
        WINDOW_LABEL,
        "alertname",
    }
)
"""Labels that promgen sets itself."""

# The base pair, events per second, and what is recorded from it.
BAD_EVENTS: Final = "slo:bad_events:rate5m"
TOTAL_EVENTS: Final = "slo:total_events:rate5m"
ERROR_RATIO: Final = "slo:error_ratio:rate"
"""Beginning of the names of the error ratios; the window follows."""
PERIOD_ERROR_RATIO: Final = "slo:period_error_ratio:ratio"
PERIOD_COVERAGE: Final = "slo:period_coverage:ratio"
BUDGET_REMAINING: Final = "slo:error_budget_remaining:ratio"
BUDGET_EVENTS: Final = "slo:error_budget:events"
BUDGET_EXHAUSTION: Final = "slo:error_budget_exhaustion:seconds"
BURN_RATE: Final = "slo:burn_rate:ratio"
OBJECTIVE: Final = "slo:objective:ratio"
INFO: Final = "slo:info"

# Inner series: sums since the start of a block of the clock (an hour, as a rule) and over the period.
BLOCK_START: Final = "slo:block_start:timestamp_seconds"
PERIOD_START: Final = "slo:period_start:timestamp_seconds"
BAD_BLOCK: Final = "slo:bad_events:block"
TOTAL_BLOCK: Final = "slo:total_events:block"
OBSERVED_BLOCK: Final = "slo:observed_seconds:block"
BAD_PERIOD: Final = "slo:bad_events:period"
TOTAL_PERIOD: Final = "slo:total_events:period"
OBSERVED_PERIOD: Final = "slo:observed_seconds:period"

BUDGET_ANNOTATION: Final = "budget_remaining"
"""Annotation of the alerts of tiers: what is left of the error budget while the alert fires."""

ALERT_VALUE: Final = "alert:value"
"""What an alert with several thresholds compares, recorded once."""

# Names of the alerts of an SLO.
BURN_ALERT: Final = "SloErrorBudgetBurn"
ABSENCE_ALERT: Final = "SloTotalAbsent"
LOST_GROUP_ALERT: Final = "SloGroupAbsent"
SANITY_ALERT: Final = "SloBadExceedsTotal"
COVERAGE_ALERT: Final = "SloCoverageLow"
NO_DATA_SUFFIX: Final = "NoData"


def slo_group(service: str, slo: str) -> str:
    """The group that records an SLO every minute, with its alerts."""
    return f"slo/{service}/{slo}"


def period_group(service: str, slo: str) -> str:
    """The group that records the budget of an SLO."""
    return f"{slo_group(service, slo)}/period"


def alert_group(service: str) -> str:
    """The group of a service's alerts."""
    return f"alerts/{service}"


def error_ratio(window: Duration) -> str:
    """The series of the error ratio over one window, such as `slo:error_ratio:rate1h`."""
    return f"{ERROR_RATIO}{window}"


def is_recorded(metric: str) -> bool:
    """Whether a series is one that promgen's rules record."""
    return metric.startswith(("slo:", "alert:"))


class Severity(StrEnum):
    """How bad an alert is, worst first; its value is printed in the severity label unless a site maps it."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


SEVERITIES: Final = tuple(Severity)
SEVERITY_WORDS: Final = {**{severity.value: severity for severity in Severity}, "warning": Severity.MEDIUM}
"""What a specification may write; systems add their own words."""


class Priority(StrEnum):
    """The routing class of a severity."""

    P0 = "P0"
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"


PAGES: Final = frozenset({Priority.P0, Priority.P1})
"""Priorities that wake people up."""

PRIORITY_OF: Final = {
    Severity.CRITICAL: Priority.P0,
    Severity.HIGH: Priority.P1,
    Severity.MEDIUM: Priority.P2,
    Severity.LOW: Priority.P3,
    Severity.INFO: Priority.P3,
}
