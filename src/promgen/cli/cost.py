"""`promgen cost`: what the rules cost a server, by SLO, service or system."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

import click

from promgen.base.errors import UsageError
from promgen.cli.server import Stock, authorization_of, find_inventory, stock_options
from promgen.cli.table import print_table
from promgen.cli.workspace import compiled, is_json, print_json
from promgen.compiler.spec.read import nearest
from promgen.model.catalog import Catalog
from promgen.proof.budget import format_amount
from promgen.proof.cost import Amounts, Costs, Item, costs_of, total

Part = Literal["slo", "service", "system"]
_COLUMNS = ("rules", "series", "alerts", "read/s", "stored/s")
_MOST_NAMED = 8
"""Unknown metrics that the text names; data has all."""


@click.command("cost", short_help="Show what the rules cost: samples per second, series and rules.")
@click.option(
    "--by", type=click.Choice(["slo", "service", "system"]), default="slo", help="One line for each."
)
@click.option("-e", "--environment", help="Only what is compiled for this environment.")
@stock_options
@click.pass_context
def command(
    context: click.Context,
    *,
    by: Part,
    environment: str | None,
    prometheus: str | None,
    inventory: Path | None,
    token_file: Path | None,
    token_env: str | None,
    user: str | None,
) -> None:
    """Estimate what the rules cost a server, from the rules and from what the server has.

    READ/S are the samples that evaluation reads each second, as the server's query statistics count them, STORED/S those
    that it stores. SERIES are recorded always, ALERTS only while everything fires.

    \b
    promgen cost
    promgen cost --by service --environment production
    promgen cost --prometheus http://prometheus:9090
    """
    authorization = authorization_of(token_file=token_file, token_env=token_env, user=user)
    root, _, compilation, _ = compiled(context)
    assert compilation.resolved is not None
    assert compilation.project is not None
    stock = Stock(prometheus=prometheus, inventory=inventory, authorization=authorization)
    known = find_inventory(stock, root, compilation.project.settings.inventory)
    costs = costs_of(_only(compilation.resolved.catalog, environment), known)
    if is_json(context):
        print_json(_data(costs, by))
    else:
        _print(costs, by, has_inventory=known is not None)


def _only(catalog: Catalog, environment: str | None) -> Catalog:
    """What is compiled for one environment; raise UsageError for one that nothing is compiled for."""
    if environment is None:
        return catalog
    known = {slo.environment for slo in catalog.slos} | {alert.environment for alert in catalog.alerts} - {""}
    if environment not in known:
        raise UsageError(f"there is no environment `{environment}`; {nearest(environment, known)}")
    return replace(
        catalog,
        slos=tuple(slo for slo in catalog.slos if slo.environment == environment),
        alerts=tuple(alert for alert in catalog.alerts if alert.environment == environment),
    )


def _rows(items: Iterable[Item], by: Part) -> Iterator[tuple[Item, Amounts]]:
    """The first item of each line, and the amounts of all that are in it."""
    for _, found in groupby(sorted(items, key=lambda item: _key(item, by)), lambda item: _key(item, by)):
        part = list(found)
        yield part[0], total(part)


def _key(item: Item, by: Part) -> tuple[str, ...]:
    service = (item.system, item.service)
    return {
        "slo": (*service, str(item.kind == "alert"), item.name, item.environment),
        "service": service,
        "system": service[:1],
    }[by]


def _data(costs: Costs, by: Part) -> dict[str, Any]:
    return {
        "by": by,
        "rows": [_names(item, by) | _amounts(amounts) for item, amounts in _rows(costs.items, by)],
        "total": _amounts(total(costs.items)),
        "unknown": list(costs.unknown),
    }


def _names(item: Item, by: Part) -> dict[str, str]:
    names = {"system": item.system, "service": item.service}
    if by == "slo":
        return {"kind": item.kind, "name": item.name, **names, "environment": item.environment}
    return names if by == "service" else {"system": item.system}


def _amounts(amounts: Amounts) -> dict[str, float]:
    return {
        "rules": amounts.rules,
        "series": amounts.series,
        "alertSeries": amounts.alert_series,
        "samplesPerSecond": round(amounts.read, 3),
        "subquerySamplesPerSecond": round(amounts.inner, 3),
        "storedPerSecond": round(amounts.stored, 3),
    }


def _print(costs: Costs, by: Part, *, has_inventory: bool) -> None:
    lines = [*_lines(costs, by), ("in all", *_cells(total(costs.items)))]
    print_table((by, *_COLUMNS), lines, numbers=_COLUMNS)
    inner = total(costs.items).inner
    if inner:
        click.echo(
            f"within subqueries, which the server's statistics leave out: {format_amount(inner)}/s more"
        )
    if not has_inventory:
        click.echo(
            "without an inventory, 1 series is assumed of every measured metric; see `promgen inventory`"
        )
    elif costs.unknown:
        named = ", ".join(costs.unknown[:_MOST_NAMED])
        more = f" and {len(costs.unknown) - _MOST_NAMED} more" if len(costs.unknown) > _MOST_NAMED else ""
        click.echo(f"not in the inventory, 1 series assumed: {named}{more}")


def _lines(costs: Costs, by: Part) -> Iterator[tuple[str, ...]]:
    """What belongs to one service or system stands below its name, which keeps the lines short."""
    for heading, found in groupby(_rows(costs.items, by), lambda row: _heading(row[0], by)):
        if heading:
            yield (heading, *[""] * len(_COLUMNS))
        for item, amounts in found:
            yield ("  " * bool(heading) + _name(item, by), *_cells(amounts))


def _heading(item: Item, by: Part) -> str:
    return {"slo": item.service, "service": item.system, "system": ""}[by]


def _name(item: Item, by: Part) -> str:
    environment = f" ({item.environment})" if item.environment else ""
    return {"slo": item.name + environment, "service": item.service, "system": item.system or "no system"}[by]


def _cells(amounts: Amounts) -> tuple[str, ...]:
    found = (amounts.rules, amounts.series, amounts.alert_series, amounts.read, amounts.stored)
    return tuple(map(format_amount, found))
