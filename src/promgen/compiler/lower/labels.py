"""Labels and annotations that every alert carries, and labels in expressions."""

from __future__ import annotations

from promgen.base import conventions as names
from promgen.base.conventions import Severity
from promgen.model.catalog import Service, Target
from promgen.model.slo import Help
from promgen.promql import quote

RUNBOOK_ANNOTATION = "runbook_url"
DASHBOARD_ANNOTATION = "dashboard_url"


def labelled(vector: str, labels: dict[str, str]) -> str:
    """A vector of one series with these labels."""
    for label, value in labels.items():
        replacement = quote(value.replace("$", "$$"))  # a dollar sign would begin a reference
        vector = f'label_replace({vector}, {quote(label)}, {replacement}, "", "")'
    return vector


def alert_labels(
    user: dict[str, str], identity: dict[str, str], service: Service, severity: Severity, target: Target
) -> dict[str, str]:
    """User labels, who answers, how bad it is, and the identity, which nothing overrides."""
    labels = {
        **user,
        target.severity_label: target.severity_value(severity),
        names.SYSTEM_LABEL: service.system,
        names.OWNER_LABEL: service.owner,
        names.CRITICALITY_LABEL: service.criticality or "",
        **identity,
    }
    return {label: value for label, value in sorted(labels.items()) if value}


def alert_annotations(help: Help, summary: str, description: str, **facts: str) -> dict[str, str]:
    """What is said about the alert, the links, and what the specification adds or says in other words."""
    annotations = {
        "summary": summary,
        "description": description,
        RUNBOOK_ANNOTATION: help.runbook,
        DASHBOARD_ANNOTATION: help.dashboard,
        **facts,
        **help.annotations,
    }
    return {name: text for name, text in sorted(annotations.items()) if text}
