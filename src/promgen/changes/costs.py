"""What two catalogues cost a server, compared by service. Only what differs is estimated, as the rest costs the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from promgen.model.alert import Alert
from promgen.model.catalog import Catalog
from promgen.model.inventory import Inventory
from promgen.model.slo import CompositeSli, Slo
from promgen.proof.cost import Amounts, Item, costs_of, total

_Key = tuple[str, ...]


class CostChange(NamedTuple):
    """What the SLOs and alerts of a service that differ cost before and after."""

    system: str
    service: str
    before: Amounts
    after: Amounts


def compare_costs(before: Catalog, after: Catalog, inventory: Inventory | None) -> tuple[CostChange, ...]:
    """The services whose cost differs; both sides are estimated with the same inventory."""
    affected = _affected(before, after)
    old, new = (_by_service(_only(catalog, affected), inventory) for catalog in (before, after))
    rows = (
        CostChange(*key, total(old.get(key, ())), total(new.get(key, ()))) for key in sorted({*old, *new})
    )
    return tuple(row for row in rows if row.before != row.after)


def in_all(changes: Iterable[CostChange]) -> CostChange:
    """The sum of all."""
    rows = list(changes)
    return CostChange(
        "", "", sum((row.before for row in rows), Amounts()), sum((row.after for row in rows), Amounts())
    )


def _by_service(catalog: Catalog, inventory: Inventory | None) -> dict[tuple[str, str], list[Item]]:
    found: dict[tuple[str, str], list[Item]] = {}
    for item in costs_of(catalog, inventory).items:
        found.setdefault((item.system, item.service), []).append(item)
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
