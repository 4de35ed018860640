"""A comparison as data for machines; the guide on `promgen diff` documents the schema, which only ever grows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from promgen.changes.comparison import Comparison
from promgen.changes.costs import CostChange
from promgen.changes.difference import Change, Difference
from promgen.changes.routes import Rerouted
from promgen.changes.rules import FileChange, GroupChange, RuleChange
from promgen.proof.cost import Amounts

SCHEMA = 1
_DIGITS = 3


def to_data(comparison: Comparison, before: str, after: str) -> dict[str, Any]:
    """What differs between two revisions with these names; an empty list where nothing does."""
    return {
        "schema": SCHEMA,
        "before": before,
        "after": after,
        "specifications": [_difference(one) for one in comparison.specifications],
        "rules": [_file(one) for one in comparison.rules],
        "configuration": [_difference(one) for one in comparison.configuration],
        "alerts": [_rerouted(one) for one in comparison.deliveries.rerouted],
        "alertsNotCompared": list(comparison.deliveries.unseen),
        "costs": [_cost(one) for one in comparison.costs],
        "files": [_difference(one) for one in comparison.files],
        "notes": list(comparison.notes),
    }


def _difference(found: Difference) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "name": found.name,
        "status": found.status.value,
        "was": found.was,
        "system": found.system,
        "service": found.service,
        "environments": list(found.environments),
        "changes": _changes(found.changes),
    }


def _changes(found: Iterable[Change]) -> list[dict[str, Any]]:
    return [
        {
            "field": one.field,
            "before": one.before,
            "after": one.after,
            "effect": one.effect.value if one.effect is not None else None,
        }
        for one in found
    ]


def _file(found: FileChange) -> dict[str, Any]:
    return {
        "file": found.path,
        "status": found.status.value,
        "changes": _changes(found.changes),
        "groups": [_group(one) for one in found.groups],
    }


def _group(found: GroupChange) -> dict[str, Any]:
    return {
        "group": found.group.name,
        "subject": found.group.subject,
        "status": found.status.value,
        "changes": _changes(found.changes),
        "rules": [_rule(one) for one in found.rules],
    }


def _rule(found: RuleChange) -> dict[str, Any]:
    return {
        "type": "alerting" if found.rule.is_alert else "recording",
        "name": found.rule.name,
        "labels": dict(found.rule.labels),
        "status": found.status.value,
        "was": found.was,
        "movedFrom": found.moved_from,
        "movedTo": found.moved_to,
        "changes": _changes(found.changes),
    }


def _rerouted(found: Rerouted) -> dict[str, Any]:
    return {
        "alerts": list(found.alerts),
        "status": found.status.value,
        "changes": _changes(found.changes),
    }


def _cost(found: CostChange) -> dict[str, Any]:
    return {
        "system": found.system,
        "service": found.service,
        "before": _amounts(found.before),
        "after": _amounts(found.after),
    }


_AMOUNTS = {
    "rules": "rules",
    "series": "series",
    "alert_series": "alertSeries",
    "read": "samplesPerSecond",
    "inner": "subquerySamplesPerSecond",
    "stored": "storedPerSecond",
}
"""As `promgen cost` calls them."""


def _amounts(found: Amounts) -> dict[str, float]:
    return {_AMOUNTS[one.name]: round(getattr(found, one.name), _DIGITS) for one in fields(Amounts)}
