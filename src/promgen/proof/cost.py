"""What the rules of each SLO and alert cost a server: samples they read and series they record, estimated from the rules
and an inventory.

Counted as the server counts: what each evaluation reads, at the interval of its group, while nothing fires and histories
are complete. `tests/cost` compares it with the statistics of real servers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Literal

from promgen.compiler.ir.rules import Group, Rule
from promgen.compiler.lower.passes import frame_of, lower_alerts, lower_slo
from promgen.model.alert import Alert
from promgen.model.catalog import Catalog
from promgen.model.inventory import Inventory
from promgen.model.slo import Slo
from promgen.proof.series import Estimates

_ALERT_SERIES = 2
"""`ALERTS` and `ALERTS_FOR_STATE` for everything that is pending or fires."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """What some rules cost."""

    rules: int = 0
    series: int = 0
    """Recorded series."""
    alert_series: int = 0
    """Series that alerts add at most, while all of them fire."""
    read: float = 0
    """Samples that evaluation reads each second, as the server's statistics count them."""
    inner: float = 0
    """Samples that are read within subqueries besides, which the statistics leave out."""
    stored: float = 0
    """Samples that are stored each second while nothing fires."""

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(
            **{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(Amounts)}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One SLO or alert of one environment, and what it costs."""

    kind: Literal["slo", "alert"]
    name: str
    service: str
    system: str
    environment: str
    amounts: Amounts

    def __str__(self) -> str:
        name = f"{self.service}/{self.name}"
        return f"{name} ({self.environment})" if self.environment else name


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What a project costs."""

    items: tuple[Item, ...]
    unknown: tuple[str, ...]
    """Metrics that the inventory does not have; one series is assumed of each."""


def costs_of(catalog: Catalog, inventory: Inventory | None) -> Costs:
    """The cost of everything in a catalogue; without an inventory one series is assumed of every metric."""
    compiled = list(_compiled(catalog))
    estimates = Estimates(catalog.target, inventory)
    for _, groups in compiled:
        estimates.add(groups)
    items = tuple(_item(found, _amounts(groups, estimates)) for found, groups in compiled)
    return Costs(items=items, unknown=tuple(sorted(estimates.unknown)))


def total(items: Iterable[Item]) -> Amounts:
    """The cost of several together."""
    return sum((item.amounts for item in items), Amounts())


def _compiled(catalog: Catalog) -> Iterator[tuple[Slo | Alert, tuple[Group, ...]]]:
    services = {service.name: service for service in catalog.services}
    for slo in catalog.slos:
        yield slo, tuple(lower_slo(frame_of(catalog, slo)))
    for alert in catalog.alerts:
        yield alert, (lower_alerts([alert], services[alert.service], catalog.target),)


def _item(found: Slo | Alert, amounts: Amounts) -> Item:
    return Item(
        kind="slo" if isinstance(found, Slo) else "alert",
        name=found.name,
        service=found.service,
        system=found.system,
        environment=found.environment,
        amounts=amounts,
    )


def _amounts(groups: Iterable[Group], estimates: Estimates) -> Amounts:
    parts = (
        _of_rule(rule, float(group.interval.seconds), estimates) for group in groups for rule in group.rules
    )
    return sum(parts, Amounts())


def _of_rule(rule: Rule, seconds: float, estimates: Estimates) -> Amounts:
    cost, result = estimates.of(rule)
    series = 0 if rule.is_alert else result.count
    return Amounts(
        rules=1,
        series=series,
        alert_series=_ALERT_SERIES * result.count if rule.is_alert else 0,
        read=cost.samples / seconds,
        inner=cost.subqueries / seconds,
        stored=series / seconds,
    )
