"""`promgen diff`: what a change of specifications means, for rules, for those who are told, and for the server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import click
from click.core import ParameterSource

from promgen.base.errors import UsageError
from promgen.changes.comparison import Comparison, compare_outputs
from promgen.changes.data import to_data
from promgen.changes.markdown import render_markdown
from promgen.changes.outline import outline
from promgen.changes.revisions import describe_revision, revision_folder, split_revisions
from promgen.cli import EXIT_PROBLEMS
from promgen.cli.differences import render_text
from promgen.cli.report import render_text as render_problems
from promgen.cli.report import summary, to_json
from promgen.cli.server import Stock, file_option, find_inventory
from promgen.cli.workspace import compile_here, is_json, print_json, root_of
from promgen.compiler.pipeline import Compilation
from promgen.compiler.source.project_root import find_root
from promgen.model.inventory import Inventory

_WORKING_TREE = "working tree"


class _Side(NamedTuple):
    """One of the two projects: what it is called, and the folder that it stands in."""

    name: str
    root: Path


@click.command("diff", short_help="Show what changed since a revision of git, and what it means.")
@click.argument("revisions", default="HEAD", metavar="[REV|REV..REV]")
@click.option(
    "--from",
    "folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Compare with the project in this folder instead of a revision.",
)
@file_option("--inventory", help="A recorded inventory for costs, other than the one in promgen.yaml.")
@click.pass_context
def command(context: click.Context, revisions: str, folder: Path | None, inventory: Path | None) -> None:
    """Show what changed since REV, HEAD without it, or between two: specifications, rules, who is told of which alert, cost
    and other files.

    Meanings are compared and not texts, so formatting is no change. Nothing is written, and neither side needs to be built.

    \b
    promgen diff
    promgen diff origin/main
    promgen diff v1.4..v1.5
    promgen --format markdown diff origin/main
    promgen diff --from ../before
    """
    root = root_of(context)
    if folder is not None and context.get_parameter_source("revisions") is ParameterSource.COMMANDLINE:
        raise UsageError("give a revision or `--from FOLDER`, not both")
    if folder is not None and not (folder := Path(context.obj["directory"]) / folder).is_dir():
        raise UsageError(f"there is no folder {folder}")
    with _sides(root, revisions, folder) as (before, after):
        compilations = [compile_here(side.root, None) for side in (before, after)]
        _stop_at_problems(context, [before, after], compilations)
        old, new = (compilation.output for compilation in compilations)
        assert old is not None
        assert new is not None
        stock = _inventory(root, inventory, new.project.settings.inventory)
        _print(context, compare_outputs(old, new, stock), before.name, after.name)


@contextmanager
def _sides(root: Path, revisions: str, folder: Path | None) -> Iterator[tuple[_Side, _Side]]:
    """Both projects, for as long as they are needed."""
    here = _Side(_WORKING_TREE, root)
    with ExitStack() as stack:
        if folder is not None:
            yield _Side(str(folder), find_root(folder.resolve())), here
            return
        before, after = split_revisions(revisions)
        sides = [
            here
            if revision is None
            else _Side(
                describe_revision(root, revision), stack.enter_context(revision_folder(root, revision))
            )
            for revision in (before, after)
        ]
        yield sides[0], sides[1]


def _stop_at_problems(context: click.Context, sides: list[_Side], compilations: list[Compilation]) -> None:
    """Print the problems of what does not compile, and end."""
    failed = [pair for pair in zip(sides, compilations, strict=True) if pair[1].output is None]
    if not failed:
        return
    if is_json(context):
        print_json(
            {
                "problems": [
                    {"revision": side.name, "problems": to_json(one.diagnostics)} for side, one in failed
                ]
            }
        )
    for side, one in failed if not is_json(context) else ():
        click.echo(f"{side.name} does not compile:\n", err=True)
        click.echo(render_problems(one.diagnostics, one.texts), err=True)
        click.echo(f"{summary(one.diagnostics)} in {side.name}", err=True)
    raise click.exceptions.Exit(EXIT_PROBLEMS)


def _inventory(root: Path, given: Path | None, named: str | None) -> Inventory | None:
    """The one that is given, or the one of the project where it has been recorded."""
    is_recorded = named is not None and (root / named).is_file()
    stock = Stock(prometheus=None, inventory=given, authorization="")
    return find_inventory(stock, root, named if is_recorded else None)


def _print(context: click.Context, found: Comparison, before: str, after: str) -> None:
    if is_json(context):
        print_json(to_data(found, before, after))
        return
    render = render_markdown if context.obj["format"] == "markdown" else render_text
    click.echo(render(outline(found), before, after, found.notes), nl=False)
