"""`promgen inventory`: record what a server has into a file to commit, and show it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click

from promgen.base.conventions import INVENTORY_FILE
from promgen.base.diagnostics import Diagnostics
from promgen.base.errors import OutsideError, UsageError
from promgen.base.printable import printable
from promgen.cli.server import authorization_of, credential_options, file_option, read_inventory
from promgen.cli.table import print_table
from promgen.cli.workspace import is_json, print_json, root_of
from promgen.clients.inventory import record_inventory
from promgen.compiler.source.project_root import inventory_file, read_project_file
from promgen.model.inventory import Inventory, Metric
from promgen.model.inventory_codec import InventoryError, dump_inventory


@click.group("inventory", short_help="Record what a Prometheus has, and show it.")
def command() -> None:
    """Record what a Prometheus has, so that specifications can be checked and costed without it.

    \b
    promgen inventory record http://prometheus:9090
    promgen inventory show
    promgen inventory show http_requests_total
    """


@command.command("record", short_help="Write what a server has into a file to commit.")
@click.argument("url")
@file_option("-o", "--output", help=f"Instead of the file in promgen.yaml, or {INVENTORY_FILE}.")
@click.option(
    "--match", "matching", multiple=True, metavar="SELECTOR", help="Only of these series; repeatable."
)
@credential_options
@click.pass_context
def record(
    context: click.Context,
    *,
    url: str,
    output: Path | None,
    matching: tuple[str, ...],
    token_file: Path | None,
    token_env: str | None,
    user: str | None,
) -> None:
    """Ask the Prometheus at URL for its metrics of the last hour: types, units, labels, values and scrape intervals.

    The file has no times in it, so recording the same again changes nothing. Nothing is written unless all was answered.

    \b
    promgen inventory record http://prometheus:9090
    promgen inventory record https://metrics.example/prometheus --token-file token --match '{job="api"}'
    """
    path = output or _named_file(context)
    _check_replaceable(path)
    authorization = authorization_of(token_file=token_file, token_env=token_env, user=user)
    inventory = record_inventory(url, authorization=authorization, matching=matching)
    has_changed = _write(path, dump_inventory(inventory))
    shown = os.path.relpath(path, context.obj["directory"])
    series = sum(metric.series for metric in inventory.metrics.values())
    if is_json(context):
        print_json(
            {"file": shown, "changed": has_changed, "metrics": len(inventory.metrics), "series": series}
        )
    else:
        done = "recorded in" if has_changed else "are as in"
        click.echo(f"{len(inventory.metrics)} metrics with {series} series {done} {shown}")


@command.command("show", short_help="Show a recorded inventory.")
@click.argument("metric", required=False)
@file_option("--inventory", "file", help="Another file than the one in promgen.yaml.")
@click.pass_context
def show(context: click.Context, metric: str | None, file: Path | None) -> None:
    """Show the metrics of the inventory, or the labels of one METRIC with their values.

    \b
    promgen inventory show
    promgen inventory show http_requests_total
    promgen --format json inventory show
    """
    inventory = read_inventory(file or _named_file(context))
    if metric is not None:
        inventory = Inventory(metrics={metric: _metric(inventory, metric)})
    if is_json(context):
        click.echo(dump_inventory(inventory), nl=False)
    elif metric is not None:
        _print_metric(inventory.metrics[metric])
    else:
        _print_metrics(inventory)


def _named_file(context: click.Context) -> Path:
    """The project's file, or one in this folder where there is no project."""
    here = Path(context.obj["directory"])
    try:
        root = root_of(context)
    except UsageError:
        return here / INVENTORY_FILE
    project = read_project_file(root, Diagnostics())
    return root / (inventory_file(project[1] if project else None) or INVENTORY_FILE)


def _check_replaceable(path: Path) -> None:
    """Raise UsageError for a file that is no inventory: nothing else is ever overwritten."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise UsageError(f"{path} is no ordinary file, so it is not overwritten")
    if path.exists():
        try:
            read_inventory(path)
        except InventoryError as error:
            raise UsageError(f"{path} is no inventory, so it is not overwritten; remove it first") from error


def _write(path: Path, content: bytes) -> bool:
    """Replace the file at once and whole; whether it was any different before."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        if path.exists() and path.read_bytes() == content:
            return False
        with unfinished.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise OutsideError(f"cannot write {path}: {error.strerror}") from error
    return True


def _metric(inventory: Inventory, name: str) -> Metric:
    if name not in inventory.metrics:
        from difflib import get_close_matches

        close = get_close_matches(name, inventory.metrics, n=3)
        hint = (
            "did you mean " + " or ".join(f"`{one}`" for one in close) + "?"
            if close
            else "see all without a name"
        )
        raise UsageError(f"the inventory has no metric `{name}`; {hint}")
    return inventory.metrics[name]


def _print_metrics(inventory: Inventory) -> None:
    rows = [
        (metric.name, metric.type, metric.unit, f"{metric.series:,}", " ".join(metric.labels))
        for metric in inventory.metrics.values()
    ]
    print_table(
        ("metric", "type", "unit", "series", "labels"),
        [tuple(map(printable, row)) for row in rows],
        numbers=("series",),
    )
    server = f"Prometheus {inventory.prometheus}" if inventory.prometheus else "a server"
    jobs = ", ".join(f"{job} {interval}" for job, interval in inventory.scrape_intervals.items())
    click.echo(printable(f"{len(rows)} metrics of {server}" + (f"; scraped: {jobs}" if jobs else "")))


def _print_metric(metric: Metric) -> None:
    unit = f", in {metric.unit}" if metric.unit else ""
    click.echo(printable(f"{metric.name}: {metric.type}{unit}, {metric.series:,} series"))
    print_table(("label", "values"), list(_label_rows(metric)))


def _label_rows(metric: Metric) -> Iterator[tuple[str, str]]:
    for label, values in metric.labels.items():
        shown = "too many to list" if values is None else " ".join(value or '""' for value in values)
        yield printable(label), printable(shown)
