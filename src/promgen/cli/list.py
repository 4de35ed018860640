"""`promgen list`: the services, SLOs and alerts of a project, as tables or as data."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, Literal

import click

from promgen.base.decimals import format_decimal
from promgen.base.errors import UsageError
from promgen.cli.workspace import compiled, is_json, print_json
from promgen.compiler.spec.read import nearest
from promgen.model.alert import Alert
from promgen.model.catalog import Catalog, Service
from promgen.model.slo import (
    CompositeSli,
    EventSli,
    GaugeSli,
    NativeLatencySli,
    ProbeSli,
    RawSli,
    Sli,
    Slo,
    TimeSliceSli,
)

Part = Literal["services", "slos", "alerts"]
Row = dict[str, Any]
PARTS: tuple[Part, ...] = ("services", "slos", "alerts")

_HEADING: dict[Part, str] = {"services": "system", "slos": "service", "alerts": "service"}
_COLUMNS: dict[Part, tuple[str, ...]] = {
    "services": ("name", "owner", "criticality", "slos", "alerts"),
    "slos": ("name", "objective", "window", "indicator", "environment"),
    "alerts": ("name", "severities", "environment"),
}
"""What a table shows below the headings; data has more."""

_ANY_WIDTH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What to leave out; None leaves out nothing."""

    system: str | None
    environment: str | None
    owner: str | None

    def match(self, found: Slo | Alert) -> bool:
        return (
            self.system in {None, found.system}
            and self.environment in {None, found.environment}
            and self.owner in {None, found.owner}
        )


@click.command("list", short_help="List services, SLOs and alerts.")
@click.argument("part", required=False, metavar="[services|slos|alerts]", type=click.Choice(PARTS))
@click.option("-s", "--system", help="Only of this system.")
@click.option("-e", "--environment", help="Only what is compiled for this environment.")
@click.option("-o", "--owner", help="Only what this team owns.")
@click.pass_context
def command(
    context: click.Context,
    part: Part | None,
    system: str | None,
    environment: str | None,
    owner: str | None,
) -> None:
    """List the services, SLOs and alerts of the project, or one of the three.

    What is the same in several environments has one row; as JSON it has one entry for each.

    \b
    promgen list
    promgen list slos --system shop --environment production
    promgen --format json list alerts --owner payments
    """
    _, _, compilation, _ = compiled(context)
    assert compilation.resolved is not None
    catalog = compilation.resolved.catalog
    filters = Filters(system=system, environment=environment, owner=owner)
    _check_filters(filters, catalog)
    parts = PARTS if part is None else (part,)
    found = {name: list(_ROWS[name](catalog, filters)) for name in parts}
    if is_json(context):
        print_json(found)
    else:
        _print_tables(found)


def _check_filters(filters: Filters, catalog: Catalog) -> None:
    """Raise UsageError for a name that nothing has, which is a slip and not an empty result."""
    known: dict[str, set[str]] = {
        "system": {service.system for service in catalog.services},
        "environment": {found.environment for found in _objects(catalog)},
        "owner": {service.owner for service in catalog.services} | {team.name for team in catalog.teams},
    }
    for name, values in known.items():
        wanted = getattr(filters, name)
        if wanted is not None and wanted not in values:
            raise UsageError(f"there is no {name} `{wanted}`; {nearest(wanted, values - {''})}")


# --- rows


def _services(catalog: Catalog, filters: Filters) -> Iterator[Row]:
    for service in catalog.services:
        slos = _names(service, catalog.slos, filters)
        alerts = _names(service, catalog.alerts, filters)
        is_wanted = filters.system in {None, service.system} and filters.owner in {None, service.owner}
        if is_wanted and (filters.environment is None or slos or alerts):
            yield {
                "name": service.name,
                "system": service.system,
                "owner": service.owner,
                "criticality": service.criticality,
                "slos": len(slos),
                "alerts": len(alerts),
                "dependsOn": list(service.depends_on),
                "file": service.origin,
            }


def _objects(catalog: Catalog) -> list[Slo | Alert]:
    return [*catalog.slos, *catalog.alerts]


def _names(service: Service, objects: Iterable[Slo | Alert], filters: Filters) -> set[str]:
    return {found.name for found in objects if found.service == service.name and filters.match(found)}


def _slos(catalog: Catalog, filters: Filters) -> Iterator[Row]:
    for slo in filter(filters.match, catalog.slos):
        own = {
            "objective": format_decimal(slo.objective * 100) + "%",
            "window": str(slo.period),
            "indicator": _indicator(slo.sli),
        }
        yield _common(slo) | own


def _alerts(catalog: Catalog, filters: Filters) -> Iterator[Row]:
    for alert in filter(filters.match, catalog.alerts):
        yield _common(alert) | {"severities": [level.severity.value for level in alert.levels]}


def _common(found: Slo | Alert) -> Row:
    return {
        "name": found.key,
        "service": found.service,
        "system": found.system,
        "environment": found.environment,
        "owner": found.owner,
        "description": found.help.description,
        "file": found.origin,
    }


_ROWS: dict[Part, Callable[[Catalog, Filters], Iterator[Row]]] = {
    "services": _services,
    "slos": _slos,
    "alerts": _alerts,
}


def _indicator(sli: Sli) -> str:
    match sli:
        case EventSli():
            return "events"
        case NativeLatencySli():
            return "latency"
        case TimeSliceSli():
            return "slices"
        case GaugeSli():
            return "gauge"
        case ProbeSli():
            return "probe"
        case RawSli():
            return "ratio"
        case CompositeSli():
            return "composite"


# --- tables


def _print_tables(found: dict[Part, list[Row]]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(
        width=None if sys.stdout.isatty() else _ANY_WIDTH, highlight=False, markup=False, emoji=False
    )
    for part, rows in found.items():
        columns = [column for column in _COLUMNS[part] if any(row[column] for row in rows)]
        titles = (part.removesuffix("s") if column == "name" else column for column in columns)
        table = Table(*map(str.upper, titles), box=None, pad_edge=False, header_style="bold")
        for line in _grouped(_merged(rows), _HEADING[part], columns):
            table.add_row(*line)
        console.print(table if rows else f"no {part}", end="\n" if part == list(found)[-1] else "\n\n")


def _merged(rows: list[Row]) -> list[Row]:
    """Rows that differ only in their environment as one."""
    merged: dict[str, Row] = {}
    for row in rows:
        key = repr({name: value for name, value in row.items() if name != "environment"})
        if key not in merged:
            merged[key] = dict(row)
        elif row.get("environment"):
            merged[key]["environment"] += f", {row['environment']}"
    return list(merged.values())


def _grouped(rows: list[Row], heading: str, columns: list[str]) -> Iterator[list[str]]:
    """Each row's cells below a line that names what the rows belong to, which keeps them short."""
    for owner, group in groupby(
        sorted(rows, key=lambda row: (row[heading], row["name"])), itemgetter(heading)
    ):
        if owner:
            yield [owner]
        for row in group:
            name, *cells = (_cell(row[column]) for column in columns)
            yield ["  " + name.removeprefix(f"{owner}/"), *cells]


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return "" if value is None else str(value)
