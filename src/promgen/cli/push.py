"""`promgen push`: bring the outputs to the servers that promgen.yaml names."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import click

from promgen.base.errors import OutsideError, UsageError
from promgen.base.printable import printable
from promgen.changes.difference import Change, Status
from promgen.cli.table import print_table
from promgen.cli.workspace import compiled, is_json, print_json
from promgen.clients.exchange import Patience
from promgen.compiler.spec.read import nearest
from promgen.delivery.prepare import Preparation
from promgen.delivery.push import Planned, Push, PushError, carry_out
from promgen.model.delivery import Delivery, Folder, Kubernetes, Ruler

_MARKS = {
    Status.ADDED: ("+", "green"),
    Status.CHANGED: ("~", "yellow"),
    Status.REMOVED: ("-", "red"),
}
_WORDS = {
    Status.ADDED: "created",
    Status.CHANGED: "changed",
    Status.REMOVED: "deleted",
    Status.UNCHANGED: "unchanged",
}
_LONGEST_VALUES = 120
"""Characters of both values of a change that the text shows; data has all."""


@click.command("push", short_help="Bring the outputs to rulers and folders, or list those.")
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option("--all", "everything", is_flag=True, help="Every delivery that can be pushed.")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask; needed where nobody can be asked.")
@click.pass_context
def command(
    context: click.Context, /, targets: tuple[str, ...], *, everything: bool, dry_run: bool, yes: bool
) -> None:
    """Bring what the specifications compile to, to each TARGET, a delivery in promgen.yaml; without one, list them.

    What would change is shown first, and a person at a terminal is asked once. A push that fails is undone. What
    promgen did not bring is never changed or deleted.

    \b
    promgen push
    promgen push central --dry-run
    promgen push --all --yes
    """
    root, _, _, output = compiled(context)
    if not targets and not everything:
        _list(context, output.deliveries)
        return
    chosen = _chosen(output.deliveries, targets, everything=everything)
    preparation = Preparation(output=output, root=root, now=datetime.now(UTC), patience=Patience())
    pushes = [preparation.push_to(delivery) for delivery in chosen]
    if is_json(context):
        if not dry_run and not yes:
            raise UsageError("as JSON nobody is asked; give `--yes` to push or `--dry-run` to look")
    else:
        _print_pushes(pushes)
    waiting = [push for push in pushes if push.steps]
    if not dry_run and waiting and not is_json(context):
        _ask(waiting, is_agreed=yes)
    failed = [] if dry_run else _carry_out(waiting)
    _report(context, pushes, failed, dry_run=dry_run)


# --- which


def _chosen(
    deliveries: Iterable[Delivery], targets: tuple[str, ...], *, everything: bool
) -> tuple[Delivery, ...]:
    """The deliveries that are named, each once, in the order of naming; raise UsageError for one that is unknown."""
    if everything:
        if targets:
            raise UsageError("give targets or `--all`")
        return tuple(delivery for delivery in deliveries if not isinstance(delivery.to, Kubernetes))
    known = {delivery.name: delivery for delivery in deliveries}
    for name in targets:
        if name not in known:
            allowed = nearest(name, known) if known else "`deliveries` in promgen.yaml name them"
            raise UsageError(f"there is no delivery `{name}`; {allowed}")
    return tuple(known[name] for name in dict.fromkeys(targets))


def _list(context: click.Context, deliveries: Iterable[Delivery]) -> None:
    rows = [(delivery.name, *_described(delivery)) for delivery in deliveries]
    if is_json(context):
        print_json([dict(zip(("delivery", "kind", "to"), row, strict=True)) for row in rows])
    elif rows:
        print_table(("delivery", "kind", "to"), rows)
    else:
        click.echo("promgen.yaml has no `deliveries`, so there is nowhere to push to")


def _described(delivery: Delivery) -> tuple[str, str]:
    match delivery.to:
        case Ruler() as ruler:
            return ruler.kind, ruler.access.url
        case Folder() as folder:
            return folder.reader, folder.folder
        case Kubernetes() as kubernetes:
            return "kubernetes", f"namespace {kubernetes.namespace}; only written by the build"


# --- what


def _print_pushes(pushes: Iterable[Push]) -> None:
    for push in pushes:
        click.echo(f"{click.style(push.delivery, bold=True)}: {printable(push.to)}")
        for one in push.planned:
            if one.status in _MARKS:
                _print_planned(one)
        for note in push.notes:
            click.echo(f"  {printable(note)}")
        click.echo(f"  {_counts(push)}")


def _print_planned(one: Planned) -> None:
    mark, colour = _MARKS[one.status]
    note = f" ({one.note})" if one.note else ""
    click.echo(f"  {click.style(mark, fg=colour)} {one.kind} {printable(one.name + note)}")
    for change in one.changes:
        click.echo(f"      {printable(_change(change))}")


def _change(change: Change) -> str:
    before, after = (_one_line(value) for value in (change.before, change.after))
    if before is None:
        return f"{change.field}: {after} is new"
    if after is None:
        return f"{change.field}: {before} is gone"
    if len(before) + len(after) > _LONGEST_VALUES:
        return f"{change.field} is another one"
    return f"{change.field}: {before} to {after}"


def _one_line(value: str | None) -> str | None:
    return None if value is None else " ".join(value.split())


def _counts(push: Push) -> str:
    counts = {status: sum(one.status is status for one in push.planned) for status in _WORDS}
    return ", ".join(f"{counts[status]} {word}" for status, word in _WORDS.items())


# --- doing it


def _ask(pushes: list[Push], *, is_agreed: bool) -> None:
    if is_agreed:
        return
    if not sys.stdin.isatty():
        raise UsageError("nobody can be asked here; give `--yes` to push or `--dry-run` to look")
    names = ", ".join(push.delivery for push in pushes)
    if not click.confirm(f"push to {names}?"):
        raise click.Abort


def _carry_out(pushes: list[Push]) -> list[str]:
    """One after the other; what failed, and what became of the others then. Nothing where nothing failed."""
    say = _say if sys.stderr.isatty() else _hush
    for place, push in enumerate(pushes):
        try:
            carry_out(push, say)
        except PushError as error:
            done = [f"{other.delivery} was pushed before" for other in pushes[:place]]
            rest = [f"{other.delivery} was not tried" for other in pushes[place + 1 :]]
            return [str(error), *done, *rest]
        finally:
            say("")
    return []


def _say(text: str) -> None:
    """One line that the next one overwrites."""
    click.echo(f"\r\x1b[K{printable(text)}", nl=False, err=True)


def _hush(text: str) -> None:
    """Nobody watches."""


def _report(context: click.Context, pushes: list[Push], failed: list[str], *, dry_run: bool) -> None:
    if is_json(context):
        print_json(
            {"pushed": not dry_run and not failed, "failed": failed, "targets": list(map(_data, pushes))}
        )
    elif not dry_run and not failed:
        done = [push.delivery for push in pushes if push.steps]
        click.echo(f"pushed to {', '.join(done)}" if done else "nothing to push")
    if failed:
        raise OutsideError("\n".join("\n".join(map(printable, one.split("\n"))) for one in failed))


def _data(push: Push) -> dict[str, Any]:
    return {
        "delivery": push.delivery,
        "to": push.to,
        "notes": list(push.notes),
        "planned": [
            {
                "kind": one.kind,
                "name": one.name,
                "status": _WORDS[one.status],
                "changes": [
                    {"field": change.field, "before": change.before, "after": change.after}
                    for change in one.changes
                ],
            }
            for one in push.planned
        ],
    }
