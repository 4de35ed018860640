"""The order in which rules are made: tuples that can be printed, and the catalogue's way through them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from promgen.base import conventions as names
from promgen.base.durations import Duration
from promgen.compiler.ir.rules import Group, Rule, RuleFile
from promgen.compiler.lower.alerts import lower_alert
from promgen.compiler.lower.slo.alerts import (
    lower_absence,
    lower_burn_alerts,
    lower_coverage_alert,
    lower_sanity,
)
from promgen.compiler.lower.slo.blocks import lower_blocks
from promgen.compiler.lower.slo.frame import Frame
from promgen.compiler.lower.slo.period import INTERVAL as PERIOD_INTERVAL
from promgen.compiler.lower.slo.period import lower_budget, lower_info, lower_period
from promgen.compiler.lower.slo.windows import lower_pair, lower_windows
from promgen.model.alert import Alert
from promgen.model.catalog import EVALUATION_INTERVAL, Catalog, Service, Target
from promgen.model.slo import CompositeSli, Slo

Pass = Callable[[Frame], Iterable[Rule]]

SLO_PASSES: tuple[Pass, ...] = (
    lower_pair,
    lower_windows,
    lower_blocks,
    lower_burn_alerts,
    lower_absence,
    lower_sanity,
)
"""Every minute, each reading only what stands above it."""

PERIOD_PASSES: tuple[Pass, ...] = (lower_period, lower_budget, lower_info, lower_coverage_alert)
"""Every two minutes."""

OutputPath = Callable[[str, str], str]
"""Where the rules of a specification file go, given the file and the environment."""


def lower_catalog(catalog: Catalog, output_path: OutputPath) -> tuple[RuleFile, ...]:
    """All rules, one file per specification file and environment; components stand before their composites."""
    services = {service.name: service for service in catalog.services}
    files: dict[tuple[str, str], list[Group]] = {}
    frames = _frames(catalog)
    for slo in sorted(catalog.slos, key=lambda slo: isinstance(slo.sli, CompositeSli)):
        files.setdefault((slo.origin, slo.environment), []).extend(lower_slo(frames(slo)))
    for (origin, environment), alerts in _by_file(catalog.alerts).items():
        groups = files.setdefault((origin, environment), [])
        for service in sorted({alert.service for alert in alerts}):
            of_service = [alert for alert in alerts if alert.service == service]
            groups.append(lower_alerts(of_service, services[service], catalog.target))
    return tuple(
        RuleFile(output_path(origin, environment), origin, tuple(groups), environment)
        for (origin, environment), groups in sorted(files.items())
    )


def frame_of(catalog: Catalog, slo: Slo) -> Frame:
    """An SLO of the catalogue as the passes see it."""
    return _frames(catalog)(slo)


def lower_slo(frame: Frame) -> tuple[Group, Group]:
    """The two groups of an SLO: what is recorded and alerted every minute, and its budget."""
    key = (frame.slo.service, frame.slo.name)
    return (
        _group(names.slo_group(*key), EVALUATION_INTERVAL, SLO_PASSES, frame),
        _group(names.period_group(*key), PERIOD_INTERVAL, PERIOD_PASSES, frame),
    )


def lower_alerts(alerts: Iterable[Alert], service: Service, target: Target) -> Group:
    """The alerts of one service that stand in one file."""
    rules = tuple(rule for alert in alerts for rule in lower_alert(alert, service, target))
    return Group(names.alert_group(service.name), EVALUATION_INTERVAL, rules, service.name)


def _group(name: str, interval: Duration, passes: tuple[Pass, ...], frame: Frame) -> Group:
    return Group(name, interval, tuple(rule for lower in passes for rule in lower(frame)), frame.slo.key)


def _frames(catalog: Catalog) -> Callable[[Slo], Frame]:
    services = {service.name: service for service in catalog.services}
    by_key = {(slo.environment, slo.service, slo.name): slo for slo in catalog.slos}

    def frame(slo: Slo) -> Frame:
        def find(service: str, name: str) -> Slo:
            return by_key[slo.environment, service, name]

        return Frame(slo, services[slo.service], catalog.target, find)

    return frame


def _by_file(alerts: Iterable[Alert]) -> dict[tuple[str, str], list[Alert]]:
    grouped: dict[tuple[str, str], list[Alert]] = {}
    for alert in alerts:
        grouped.setdefault((alert.origin, alert.environment), []).append(alert)
    return grouped
