"""The alerts of compiled rules, with what is known of their labels before any of them fires."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from promgen.base.conventions import PRIORITY_OF, SEVERITY_WORDS, Priority, Severity
from promgen.compiler.ir.rules import Rule, RuleFile
from promgen.model.catalog import Target
from promgen.promql import Labels
from promgen.proof.routes.recorded import Recorded

ALERTNAME = "alertname"


class Alert(NamedTuple):
    """An alerting rule as Alertmanager will see its alerts."""

    name: str
    labels: Mapping[str, str]
    """Labels with the same value on all its alerts."""
    free: frozenset[str] | None = frozenset()
    """Labels that may have any value or be missing; None where any other label may be."""
    sure: frozenset[str] = frozenset()
    """Free ones that are surely there."""
    lacking: frozenset[str] = frozenset()
    """Labels that are surely missing, though any other may be."""
    origin: str = ""
    """The specification or the place of the rule."""
    subject: str = ""
    """The SLO or service it belongs to."""
    is_made_up: bool = False
    """Stands for all alerts with these labels, where there are no rules."""

    def value(self, label: str) -> str | None:
        """The value of a label, empty where it is missing; None where that depends on data."""
        if label in self.labels:
            return self.labels[label]
        if label in self.lacking or (self.free is not None and label not in self.free):
            return ""
        return None

    def has(self, label: str) -> bool:
        """Whether it surely has a label."""
        return bool(self.labels.get(label)) or label in self.sure

    def values(self, labels: Iterable[str]) -> dict[str, str | None]:
        return {label: self.value(label) for label in labels}


class Priorities(NamedTuple):
    """The label that says how bad an alert is, and what its values mean."""

    label: str
    of_value: Mapping[str, Priority]

    def of(self, labels: Mapping[str, str]) -> Priority | None:
        """None where the label is missing or says something else."""
        return self.of_value.get(labels.get(self.label, ""))


def priorities_of(target: Target) -> Priorities:
    """As the project prints them, and the words that others use for the same."""
    words = {word: PRIORITY_OF[severity] for word, severity in SEVERITY_WORDS.items()}
    own = {target.severity_value(severity): PRIORITY_OF[severity] for severity in Severity}
    return Priorities(target.severity_label, words | own)


def alerts_of(files: Iterable[RuleFile], external: Collection[str] = ()) -> tuple[Alert, ...]:
    """The alerts of rules; `external` are the labels that Prometheus adds when it sends them."""
    rules = [(file, group, rule) for file in files for group in file.groups for rule in group.rules]
    recorded = Recorded(rule for _, _, rule in rules if not rule.is_alert)
    return tuple(
        _alert(rule, recorded.labels_of(rule.expr), external)._replace(
            origin=file.source, subject=group.subject
        )
        for file, group, rule in rules
        if rule.is_alert
    )


def _alert(rule: Rule, given: Labels, external: Collection[str]) -> Alert:
    """What is known of the alerts of one rule, whose expression gives these labels."""
    fixed = {label: value for label, value in rule.labels.items() if "{{" not in value}
    templated = rule.labels.keys() - fixed.keys()
    known = {label: value for label, value in given.fixed.items() if label not in templated} | fixed
    possible = None if given.possible is None else given.possible | {*external} | templated
    return Alert(
        name=rule.name,
        labels={**known, ALERTNAME: rule.name},
        free=None if possible is None else possible - known.keys(),
        sure=(given.sure | {*external}) - rule.labels.keys(),
        lacking=frozenset(given.lacking) - {*external} - templated,
    )


def made_up(values: Iterable[str], label: str) -> Iterator[Alert]:
    """All alerts there may be: those with each of these values of a label, and all others."""
    for value in values:
        yield Alert(f'alerts with {label}="{value}"', {label: value}, None, is_made_up=True)
    yield Alert("alerts", {}, None, is_made_up=True)
