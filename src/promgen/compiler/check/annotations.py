"""Annotations and labels are templates that Prometheus can run."""

from __future__ import annotations

from promgen.base import problems
from promgen.base.diagnostics import Diagnostics
from promgen.compiler.resolve.catalog import Resolved
from promgen.model.alert import Alert
from promgen.model.slo import Slo
from promgen.promql.templates import template_fault


def check_annotations(resolved: Resolved, diagnostics: Diagnostics) -> None:
    """Report templates that would fail when an alert fires."""
    objects: list[tuple[str, Slo | Alert]] = [("slo", slo) for slo in resolved.catalog.slos]
    objects += [("alert", alert) for alert in resolved.catalog.alerts]
    for kind, owner in objects:
        texts: dict[tuple[str, ...], str] = {("description",): owner.help.description}
        texts |= {("annotations", name): text for name, text in owner.help.annotations.items()}
        for path, text in texts.items():
            if "{{" in text and (fault := template_fault(text)):
                span = resolved.span(kind, owner, *path)
                diagnostics.error(problems.ANNOTATION, f"`{path[-1]}` of `{owner.key}`: {fault}", span)
