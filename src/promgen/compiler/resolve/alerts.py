"""Alerts: from a merged specification to the domain's object."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Literal

from promgen.base import problems
from promgen.base.conventions import SEVERITIES, Severity
from promgen.base.durations import Duration
from promgen.base.quantities import Quantity, check_unit
from promgen.compiler.resolve.cases import alert_cases
from promgen.compiler.resolve.common import absence_of, help_of, labels_of
from promgen.compiler.resolve.index import Item
from promgen.compiler.resolve.scope import Scope, matchers_of
from promgen.compiler.resolve.sli import to_unit, unit_of_expression
from promgen.compiler.source.nodes import Mapping, Path
from promgen.compiler.spec import v1
from promgen.model.alert import Alert, Level, ThresholdOverride
from promgen.model.slo import Absence
from promgen.promql import Expression, has_filter

Comparison = Literal[">", "<"]


def resolve_alert(spec: v1.AlertSpec, node: Mapping, item: Item, scope: Scope) -> Alert | None:
    """The alert; None when something it cannot do without is missing or wrong, which is reported."""
    if spec.expr is None:
        message = f"alert `{item.name}` has no `expr`"
        scope.diagnostics.error(problems.MISSING_KEY, message, item.name_span)
        return None
    expression = scope.expression(spec.expr, node, ("expr",), matchers_of(spec.selector))
    if expression is None:
        return None
    comparison = _comparison(spec, node, scope)
    unit = _unit(spec, node, expression, scope)
    levels = _levels(spec, node, item, scope, comparison, unit)
    if comparison is None and not has_filter(expression):
        message = f"alert `{item.name}` has no condition: the expression always gives a value"
        scope.report(
            problems.PROMQL_NO_CONDITION, message, node, ("expr",), allowed="`above`, `below` or a comparison"
        )
    absence = _absence(spec, node, item, scope, comparison)
    return Alert(
        name=item.name,
        service=item.service,
        system=scope.service.system,
        environment=scope.environment_name,
        owner=scope.service.owner,
        expr=expression.canonical,
        levels=levels,
        comparison=comparison,
        unit=unit or "",
        overrides=_overrides(spec, node, scope, unit),
        keep_firing_for=spec.keep_firing_for,
        absence=absence,
        labels=labels_of(spec, node, scope),
        help=help_of(spec, node, scope),
        tests=alert_cases(
            spec,
            node,
            [level.severity for level in levels],
            partial(_value, node, scope, comparison, unit),
            scope,
            has_absence=absence is not None,
        ),
        origin=item.file,
    )


def _value(
    node: Mapping,
    scope: Scope,
    comparison: Comparison | None,
    unit: str | None,
    stretch: v1.AlertStretch,
    path: Path,
) -> Decimal | None:
    """The value of a stretch of a test in the unit of the expression; None where that cannot be said, reported."""
    if comparison is None:
        message = "a condition has no value that could be set"
        scope.report(problems.BAD_VALUE, message, node, path, allowed="`when: {series: …, after: …}`")
        return None
    return to_unit(stretch.value, unit, node, path, scope) if stretch.value is not None else None


def _comparison(spec: v1.AlertSpec, node: Mapping, scope: Scope) -> Comparison | None:
    if spec.above is not None and spec.below is not None:
        scope.report(
            problems.BAD_VALUE, "both `above` and `below` are given", node, ("below",), allowed="one of them"
        )
    if spec.above is None and spec.below is None:
        return None
    return ">" if spec.above is not None else "<"


def _unit(spec: v1.AlertSpec, node: Mapping, expression: Expression, scope: Scope) -> str | None:
    if spec.unit is None:
        return unit_of_expression(expression)
    try:
        check_unit(spec.unit)
    except ValueError as error:
        scope.report(problems.BAD_UNIT, str(error), node, ("unit",))
    return spec.unit


def _levels(
    spec: v1.AlertSpec,
    node: Mapping,
    item: Item,
    scope: Scope,
    comparison: Comparison | None,
    unit: str | None,
) -> tuple[Level, ...]:
    """Worst first; levels that an environment lowers to one severity become one, the first that is reached."""
    if comparison is None:
        return (
            Level(severity=_single_severity(spec, node, item, scope), hold=_hold(spec, node, scope, None)),
        )
    if spec.severity is not None:
        message = "`severity` beside thresholds, which name their severities"
        scope.report(problems.BAD_VALUE, message, node, ("severity",), allowed="only the thresholds")
    side, written = ("above", spec.above) if comparison == ">" else ("below", spec.below)
    levels: dict[Severity, Level] = {}
    previous: Decimal | None = None
    for word, quantity in _worst_first(written or {}, scope):
        path = (side, word)
        severity = scope.severity(word, node, path)
        threshold = to_unit(quantity, unit, node, path, scope)
        if threshold is None:
            continue
        if previous is not None and not (threshold < previous if comparison == ">" else threshold > previous):
            message = f"`{word}` is reached no earlier than the severity above it"
            scope.report(
                problems.BAD_VALUE, message, node, path, allowed="a worse severity needs a worse threshold"
            )
        previous = threshold
        levels[severity] = Level(severity=severity, threshold=threshold, hold=_hold(spec, node, scope, word))
    return tuple(levels.values())


def _worst_first(written: dict[str, Quantity], scope: Scope) -> list[tuple[str, Quantity]]:
    def rank(row: tuple[str, Quantity]) -> int:
        severity = scope.severity_words.get(row[0])
        return SEVERITIES.index(severity) if severity else len(SEVERITIES)

    return sorted(written.items(), key=rank)


def _single_severity(spec: v1.AlertSpec, node: Mapping, item: Item, scope: Scope) -> Severity:
    if spec.severity is not None:
        return scope.severity(spec.severity, node, ("severity",))
    message = f"alert `{item.name}` has no severity"
    scope.diagnostics.error(
        problems.MISSING_KEY, message, item.name_span, allowed="`severity`, or thresholds by severity"
    )
    return Severity.INFO


def _hold(spec: v1.AlertSpec, node: Mapping, scope: Scope, word: str | None) -> Duration | None:
    if not isinstance(spec.for_, dict):
        return spec.for_
    known = spec.above or spec.below or {}
    for key in spec.for_.keys() - known.keys():
        scope.report(problems.SEVERITY, f"`for` names `{key}`, which has no threshold", node, ("for", key))
    return spec.for_.get(word or "")


def _overrides(
    spec: v1.AlertSpec, node: Mapping, scope: Scope, unit: str | None
) -> tuple[ThresholdOverride, ...]:
    """All thresholds of each override; severities that an environment lowers to one have the one reached first."""
    side, given = ("above", spec.above) if spec.above is not None else ("below", spec.below)
    overrides = []
    for place, override in enumerate(spec.overrides):
        path: Path = ("overrides", place)
        written = override.above if side == "above" else override.below
        if given is None or not written or (override.above and override.below):
            message = "an override needs the same side as the alert's thresholds"
            scope.report(
                problems.BAD_VALUE,
                message,
                node,
                path,
                allowed=f"`{side}`" if given else "`above` or `below` on the alert",
            )
            continue
        for word in written.keys() - given.keys():
            message = f"`{word}` is no severity of this alert"
            scope.report(problems.SEVERITY, message, node, (*path, side, word), allowed=", ".join(given))
        thresholds: dict[Severity, Decimal] = {}
        for word in given:
            where = (*path, side, word) if word in written else (side, word)
            threshold = to_unit(written.get(word, given[word]), unit, node, where, scope)
            severity = scope.severity(word, node, where)
            if threshold is not None:
                first_reached = min if side == "above" else max
                thresholds[severity] = first_reached(threshold, thresholds.get(severity, threshold))
        overrides.append(ThresholdOverride(labels=dict(override.labels), thresholds=thresholds))
    return tuple(overrides)


def _absence(
    spec: v1.AlertSpec, node: Mapping, item: Item, scope: Scope, comparison: Comparison | None
) -> Absence | None:
    if spec.absence is None:
        return None
    if comparison is None and spec.absence.expr is None and not spec.absence.disabled:
        message = f"what must exist for alert `{item.name}` is not clear from a condition"
        scope.report(problems.MISSING_KEY, message, node, ("absence",), allowed="`expr` of what must exist")
    return absence_of(spec.absence, node, scope, ("absence",), matchers_of(spec.selector))
