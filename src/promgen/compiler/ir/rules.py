"""Prometheus rules as data."""

from __future__ import annotations

from typing import Any, NamedTuple

from promgen.base.durations import Duration


class Rule(NamedTuple):
    """A recording rule, or an alerting rule when `is_alert`; `origin` is the pass that made it."""

    name: str
    expr: str
    labels: dict[str, str]
    origin: str
    is_alert: bool = False
    hold: Duration | None = None
    """The `for` of an alert."""
    keep_firing_for: Duration | None = None
    annotations: dict[str, str] = {}  # noqa: RUF012  (a NamedTuple's default; never changed)


class Group(NamedTuple):
    """Rules that are evaluated one after the other; `subject` is the SLO or service they belong to."""

    name: str
    interval: Duration
    rules: tuple[Rule, ...]
    subject: str


class RuleFile(NamedTuple):
    """One output file; `path` is below the folder of the rules, without a suffix; `source` is the specification."""

    path: str
    source: str
    groups: tuple[Group, ...]
    environment: str = ""


def group_data(group: Group) -> dict[str, Any]:
    """A group under the keys that every ruler reads, in the order in which they are written."""
    return {"name": group.name, "interval": str(group.interval), "rules": list(map(_rule_data, group.rules))}


def _rule_data(rule: Rule) -> dict[str, Any]:
    data: dict[str, Any] = {"alert" if rule.is_alert else "record": rule.name, "expr": rule.expr}
    durations = {"for": rule.hold, "keep_firing_for": rule.keep_firing_for}
    data |= {key: str(duration) for key, duration in durations.items() if duration is not None}
    texts = {"labels": rule.labels, "annotations": rule.annotations}
    return data | {key: dict(rows) for key, rows in texts.items() if rows}
