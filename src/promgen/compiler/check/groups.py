"""Group labels survive the expressions they come from, and labels set by rules do not overwrite those of alerts."""

from __future__ import annotations

from promgen.base import conventions as names
from promgen.base import problems
from promgen.base.diagnostics import Diagnostics
from promgen.compiler.resolve.catalog import Resolved
from promgen.model.alert import Alert
from promgen.model.slo import EventSli, GaugeSli, RawSli, Slo
from promgen.promql import grouping, parse


def check_groups(resolved: Resolved, diagnostics: Diagnostics) -> None:
    """Report group labels that an expression drops, and labels of alerts that their rule overwrites."""
    for slo in resolved.catalog.slos:
        _check_slo(slo, resolved, diagnostics)
        for exclusion in slo.exclusions:
            if missing := [label for label in exclusion.labels if label not in slo.group_by]:
                message = f"exclusion `{exclusion.name}` names {', '.join(missing)}, which `{slo.key}` is not grouped by"
                span = next(
                    doc.name_span
                    for doc in resolved.documents
                    if (doc.kind, doc.name) == ("Exclusion", exclusion.name)
                )
                diagnostics.error(
                    problems.GROUP_LABEL, message, span, allowed=", ".join(slo.group_by) or "no labels"
                )
    for alert in resolved.catalog.alerts:
        _check_alert(alert, resolved, diagnostics)


def _check_slo(slo: Slo, resolved: Resolved, diagnostics: Diagnostics) -> None:
    if not slo.group_by:
        return
    match slo.sli:
        case EventSli(total=total, bad=bad, good=good):
            expressions = [total, bad or good or total]
        case GaugeSli(expr=expr) | RawSli(expr=expr):
            expressions = [expr]
        case _:
            return
    for expression in expressions:
        kept = grouping(parse(expression))
        missing = [label for label in slo.group_by if kept is not None and label not in kept]
        if missing:
            message = (
                f"SLO `{slo.key}` is grouped by {', '.join(missing)}, which its expression aggregates away"
            )
            span = resolved.span("slo", slo, "groupBy")
            diagnostics.error(
                problems.GROUP_LABEL,
                message,
                span,
                allowed=f"aggregate by {', '.join(slo.group_by)}, or not at all",
            )
            return


def _check_alert(alert: Alert, resolved: Resolved, diagnostics: Diagnostics) -> None:
    kept = grouping(parse(alert.expr)) or ()
    severity = resolved.catalog.target.severity_label
    is_set = {names.SERVICE_LABEL, names.SYSTEM_LABEL, names.OWNER_LABEL, severity, *alert.labels}
    is_set |= {names.ENVIRONMENT_LABEL} if alert.environment else set()
    if overwritten := sorted(is_set & set(kept)):
        message = f"alert `{alert.key}` keeps {', '.join(overwritten)}, which its rule overwrites"
        span = resolved.span("alert", alert, "expr")
        diagnostics.error(
            problems.LABEL_OVERWRITTEN, message, span, allowed="another label, or aggregation without it"
        )
