"""Two compiled projects compared in every respect: specifications, rules, routes, costs and other files."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import NamedTuple

from promgen.changes.costs import CostChange, compare_costs
from promgen.changes.difference import Difference, Status
from promgen.changes.files import compare_files
from promgen.changes.routes import Deliveries, compare_configurations, compare_deliveries
from promgen.changes.rules import FileChange, compare_rules
from promgen.changes.specs import compare_catalogs
from promgen.compiler.ir.rules import Rule
from promgen.compiler.pipeline import Output
from promgen.model.inventory import Inventory
from promgen.proof.routes.alerts import Alert, alerts_of


class Comparison(NamedTuple):
    """Everything that differs between two projects; what is equal is not in it."""

    specifications: tuple[Difference, ...] = ()
    rules: tuple[FileChange, ...] = ()
    configuration: tuple[Difference, ...] = ()
    """Of the Alertmanager, as it is written."""
    deliveries: Deliveries = Deliveries()
    costs: tuple[CostChange, ...] = ()
    files: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()
    """What could not be compared, and why."""

    @property
    def is_empty(self) -> bool:
        return self == Comparison()


def compare_outputs(before: Output, after: Output, inventory: Inventory | None) -> Comparison:
    """What differs; costs are estimated with one inventory, or without any."""
    rules = compare_rules(before.rule_files, after.rule_files)
    deliveries, notes = _compare_deliveries(before, after, rules)
    return Comparison(
        specifications=compare_catalogs(before.catalog, after.catalog),
        rules=tuple(map(_differing, (file for file in rules if file.status is not Status.UNCHANGED))),
        configuration=compare_configurations(before.alertmanager, after.alertmanager),
        deliveries=deliveries,
        costs=compare_costs(before, after, inventory),
        files=compare_files(before.artifacts, after.artifacts),
        notes=notes,
    )


def _differing(file: FileChange) -> FileChange:
    groups = (group for group in file.groups if group.status is not Status.UNCHANGED)
    return file._replace(groups=tuple(groups))


def _compare_deliveries(
    before: Output, after: Output, rules: Iterable[FileChange]
) -> tuple[Deliveries, tuple[str, ...]]:
    """Who is told otherwise, where both have routes."""
    if before.alertmanager is None or after.alertmanager is None:
        return Deliveries(), ()
    try:
        alerts = _alerts(before, after, rules)
        return compare_deliveries(before.alertmanager, after.alertmanager, alerts), ()
    except ValueError as error:
        return Deliveries(), (f"who is told of alerts is not compared: {error}",)


def _alerts(
    before: Output, after: Output, changes: Iterable[FileChange]
) -> Iterator[tuple[Alert | None, Alert]]:
    """Every alert as it is now, with what it was, None for a new one."""
    old = list(_alerts_of(before))
    by_rule, by_place = {id(rule): alert for _, rule, alert in old}, {place: alert for place, _, alert in old}
    earlier = {
        id(change.after): change.before
        for file in changes
        for group in file.groups
        for change in group.rules
        if change.after is not None
    }
    for place, rule, alert in _alerts_of(after):
        if id(rule) not in earlier:
            yield by_place[place], alert
        else:
            was = earlier[id(rule)]
            yield None if was is None else by_rule[id(was)], alert


def _alerts_of(output: Output) -> Iterator[tuple[Hashable, Rule, Alert]]:
    """The alerts with their rules and where these stand, which is the same for a rule that did not change."""
    rules = (
        ((file.path, group.name, rule.name, *sorted(rule.labels.items())), rule)
        for file in output.rule_files
        for group in file.groups
        for rule in group.rules
        if rule.is_alert
    )
    alerts = alerts_of(output.rule_files, output.catalog.target.external_labels)
    return ((place, rule, alert) for (place, rule), alert in zip(rules, alerts, strict=True))
