"""The target keeps samples for as long as the period."""

from __future__ import annotations

from promgen.base import problems
from promgen.base.diagnostics import Diagnostic, Diagnostics, Level
from promgen.compiler.resolve.catalog import Resolved


def check_retention(resolved: Resolved, diagnostics: Diagnostics) -> None:
    """Warn of periods that outlive the samples."""
    retention = resolved.catalog.target.retention
    if retention is None:
        return
    for slo in resolved.catalog.slos:
        period = slo.period
        if period.longest >= retention:
            message = f"the period of `{slo.key}` ({period}) is not shorter than the retention ({retention})"
            span = resolved.span("slo", slo, "window")
            diagnostics.add(
                Diagnostic(
                    problem=problems.RETENTION,
                    message=message,
                    span=span,
                    allowed=f"a period below {retention}",
                    subject=slo.key,
                    level=Level.WARNING,
                )
            )
