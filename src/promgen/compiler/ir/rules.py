"""Prometheus rules as data."""

from __future__ import annotations

from typing import NamedTuple

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
