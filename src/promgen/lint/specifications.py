"""What a project declares, as the checks of rules see it: each severity of an alert, and what the SLOs measure.

The rules that promgen makes of an SLO are its own business and are not here.
"""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base import conventions as names
from promgen.base.decimals import format_decimal
from promgen.base.spans import Span
from promgen.compiler.lower.labels import (
    DASHBOARD_ANNOTATION,
    RUNBOOK_ANNOTATION,
    alert_annotations,
    alert_labels,
)
from promgen.compiler.resolve.catalog import Resolved
from promgen.compiler.source.nodes import Mapping, Path
from promgen.lint.rules import File, Group, Rule
from promgen.model.alert import Alert, Level
from promgen.model.catalog import EVALUATION_INTERVAL
from promgen.model.slo import CompositeSli, EventSli, NativeLatencySli, Sli, Slo, TimeSliceSli
from promgen.promql import Expression, ExpressionError, parse, substitute_window

_WINDOW = "5m"
"""The range that stands for `$window`: that of the base pair."""

_INDICATOR: Path = ("sli", "timeSlice", "of", "ratio", "promql", "latency", "gauge", "probe", "raw")
_MEASURED: Path = ("expr", "errorRatio", "successRatio", "histogram", "metric")
"""Every way to what an indicator measures; places are looked up along what exists of it."""

_PATHS: dict[str, Path] = {
    "name": ("name",),
    "expr": ("expr",),
    "for": ("for",),
    "keep_firing_for": ("keepFiringFor",),
    "labels": ("labels",),
    "annotations": ("annotations",),
    "annotations/description": ("description",),
    f"annotations/{RUNBOOK_ANNOTATION}": ("runbook",),
    f"annotations/{DASHBOARD_ANNOTATION}": ("dashboard",),
}
"""Where the fields of a rule are written in an alert; those that are not written have no place."""


def environments_of(resolved: Resolved) -> tuple[str, ...]:
    """The environments that something is declared in, by name."""
    environments = {slo.environment for slo in resolved.catalog.slos}
    return tuple(sorted(environments | {alert.environment for alert in resolved.catalog.alerts}))


def specification_files(resolved: Resolved, environment: str) -> tuple[File, ...]:
    """One file for each specification that declares something in an environment, by path."""
    found: dict[str, dict[str, list[Rule]]] = {}
    for slo in resolved.catalog.slos:
        if slo.environment == environment:
            group = names.slo_group(slo.service, slo.name)
            found.setdefault(slo.origin, {}).setdefault(group, []).extend(_slo_rules(slo, resolved))
    for alert in resolved.catalog.alerts:
        if alert.environment == environment:
            group = names.alert_group(alert.service)
            found.setdefault(alert.origin, {}).setdefault(group, []).extend(_alert_rules(alert, resolved))
    return tuple(_file(path, groups) for path, groups in sorted(found.items()))


def _file(path: str, groups: dict[str, list[Rule]]) -> File:
    return File(
        path=path,
        kind="specification",
        groups=tuple(
            Group(name=name, rules=tuple(rules), interval=EVALUATION_INTERVAL, places={"": rules[0].span()})
            for name, rules in groups.items()
            if rules
        ),
    )


def _slo_rules(slo: Slo, resolved: Resolved) -> Iterator[Rule]:
    for side, text in _measured(slo.sli):
        expr = substitute_window(text, _WINDOW)
        yield Rule(
            kind="record",
            name=names.TOTAL_EVENTS if side == "total" else names.BAD_EVENTS,
            expr=expr,
            expression=_parsed(expr),
            places={
                "": resolved.span("slo", slo, "name"),
                "expr": resolved.span("slo", slo, *_INDICATOR, side, *_MEASURED),
            },
            subject=slo.key,
        )


def _measured(sli: Sli) -> Iterator[tuple[str, str]]:
    """The expressions of an indicator, and which side of it each is."""
    events = sli.events if isinstance(sli, TimeSliceSli) else sli
    if isinstance(events, EventSli):
        yield "total", events.total
        yield ("bad", events.bad) if events.bad is not None else ("good", events.good or "")
    elif isinstance(events, NativeLatencySli):
        yield "total", events.rate
    elif not isinstance(events, CompositeSli):
        yield "bad", events.expr


def _alert_rules(alert: Alert, resolved: Resolved) -> Iterator[Rule]:
    service = next(one for one in resolved.catalog.services if one.name == alert.service)
    identity = {names.SERVICE_LABEL: alert.service, names.ENVIRONMENT_LABEL: alert.environment}
    target = resolved.catalog.target
    summary = f"{alert.service}: {alert.name}"
    places = dict(_alert_places(alert, resolved))
    for level in alert.levels:
        expr = _condition(alert, level)
        yield Rule(
            kind="alert",
            name=alert.name,
            expr=expr,
            expression=_parsed(expr),
            labels=alert_labels(alert.labels, identity, service, level.severity, target),
            annotations=alert_annotations(alert.help, summary, alert.help.description),
            hold=level.hold,
            keep_firing_for=alert.keep_firing_for,
            places=places,
            subject=alert.key,
        )


def _condition(alert: Alert, level: Level) -> str:
    """What the rule asks, without the handover between severities and without overrides."""
    if level.threshold is None or alert.comparison is None:
        return alert.expr
    return f"({alert.expr}) {alert.comparison} {format_decimal(level.threshold)}"


def _parsed(expr: str) -> Expression | None:
    try:
        return parse(expr)
    except ExpressionError:  # the brackets around it may be the ones too many
        return None


def _alert_places(alert: Alert, resolved: Resolved) -> Iterator[tuple[str, Span]]:
    node = resolved.nodes["alert", alert.environment, alert.service, alert.name]
    severity = "severity" if "severity" in node.entries else "above" if "above" in node.entries else "below"
    paths = {**_PATHS, f"labels/{resolved.catalog.target.severity_label}": (severity,)}
    paths |= {f"labels/{label}": ("labels", label) for label in alert.labels}
    paths |= {f"annotations/{name}": ("annotations", name) for name in alert.help.annotations}
    yield "", resolved.span("alert", alert, "name")
    for name, path in paths.items():
        if _is_written(node, path):
            yield name, resolved.span("alert", alert, *path)


def _is_written(node: Mapping, path: Path) -> bool:
    for step in path:
        below = node.entries.get(str(step))
        if below is None:
            return False
        node = below if isinstance(below, Mapping) else Mapping({}, below.span, {})
    return True
