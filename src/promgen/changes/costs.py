"""What two catalogues cost a server, compared by service. Only what differs is estimated, as the rest costs the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from promgen.compiler.pipeline import Output
from promgen.model.alert import Alert
from promgen.model.catalog import Catalog
from promgen.model.inventory import Inventory
from promgen.model.slo import CompositeSli, Slo
from promgen.proof.cost import Amounts, costs_of

_Key = tuple[str, ...]
_Service = tuple[str, str]
"""System and service."""


class CostChange(NamedTuple):
    """What the SLOs and alerts of a service that differ cost before and after."""

    system: str
    service: str
    before: Amounts
    after: Amounts


def compare_costs(before: Output, after: Output, inventory: Inventory | None) -> tuple[CostChange, ...]:
    """The services whose cost differs; both sides are estimated with one inventory.

    Without an inventory nothing is known of samples: rules are counted, and a series for each that records one.
    """
    if inventory is None:
        old, new = _counts(before), _counts(after)
    else:
        affected = _affected(before.catalog, after.catalog)
        old, new = (_estimates(_only(side.catalog, affected), inventory) for side in (before, after))
    rows = (
        CostChange(*key, old.get(key, Amounts()), new.get(key, Amounts())) for key in sorted({*old, *new})
    )
    return tuple(row for row in rows if row.before != row.after)


def in_all(changes: Iterable[CostChange]) -> CostChange:
    """The sum of all."""
    rows = list(changes)
    return CostChange(
        "", "", sum((row.before for row in rows), Amounts()), sum((row.after for row in rows), Amounts())
    )


def _counts(output: Output) -> dict[_Service, Amounts]:
    systems = {service.name: service.system for service in output.catalog.services}
    found: dict[_Service, Amounts] = {}
    for file in output.rule_files:
        for group in file.groups:
            service = group.subject.partition("/")[0]
            recorded = sum(not rule.is_alert for rule in group.rules)
            key = (systems.get(service, ""), service)
            found[key] = found.get(key, Amounts()) + Amounts(rules=len(group.rules), series=recorded)
    return found


def _estimates(catalog: Catalog, inventory: Inventory) -> dict[_Service, Amounts]:
    found: dict[_Service, Amounts] = {}
    for item in costs_of(catalog, inventory).items:
        key = (item.system, item.service)
        found[key] = found.get(key, Amounts()) + item.amounts
    return found


def _affected(before: Catalog, after: Catalog) -> frozenset[_Key] | None:
    """What differs, and what is made of it or into it; None where everything may cost something else."""
    if before.target != after.target:
        return None
    old, new = ({_key(thing): thing for thing in _things(catalog)} for catalog in (before, after))
    affected = {key for key in {*old, *new} if old.get(key) != new.get(key)}
    for things in (old, new):
        for thing in things.values():
            parts = set(_parts(thing))
            if parts & affected:
                affected |= {_key(thing)}
    for things in (old, new):
        affected |= {part for key in [*affected] if key in things for part in _parts(things[key])}
    return frozenset(affected)


def _only(catalog: Catalog, keys: frozenset[_Key] | None) -> Catalog:
    if keys is None:
        return catalog
    return replace(
        catalog,
        slos=tuple(slo for slo in catalog.slos if _key(slo) in keys),
        alerts=tuple(alert for alert in catalog.alerts if _key(alert) in keys),
    )


def _things(catalog: Catalog) -> tuple[Slo | Alert, ...]:
    return (*catalog.slos, *catalog.alerts)


def _key(thing: Slo | Alert) -> _Key:
    return type(thing).__name__, thing.service, thing.name, thing.environment


def _parts(thing: Slo | Alert) -> Iterator[_Key]:
    """The SLOs that a composite is made of, none of which is a composite."""
    if isinstance(thing, Slo) and isinstance(thing.sli, CompositeSli):
        for part in thing.sli.parts:
            yield Slo.__name__, part.service, part.slo, thing.environment
