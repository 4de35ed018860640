"""What the commands share: the project's folder, a compilation, and how results and problems are printed."""

from __future__ import annotations

import datetime
import gc
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import click

from promgen.base.errors import UsageError
from promgen.cli import EXIT_PROBLEMS
from promgen.cli.report import render_text, summary, to_json
from promgen.compiler.output.lock import Lock, read_lock
from promgen.compiler.pipeline import Compilation, Output, compile_project
from promgen.compiler.source.project_root import find_root


def is_json(context: click.Context) -> bool:
    """Whether results are for a machine."""
    return bool(context.obj["format"] == "json")


def root_of(context: click.Context) -> Path:
    """The project's folder, from where the command runs upwards."""
    return find_root(Path(context.obj["directory"]).resolve())


def compile_here(root: Path, previous: Lock | None) -> Compilation:
    """Compile without the cyclic garbage collector, which would walk a growing heap in which nothing is garbage.

    What was compiled is left out of later collections too: they cost a quarter of a cold build of 1,000 SLOs.
    """
    gc.disable()
    try:
        return compile_project(root, previous, datetime.date.today(), _lint_slugs)
    finally:
        gc.freeze()
        gc.enable()


def _lint_slugs() -> Collection[str]:
    """What suppressions may name of the checks; they take a moment to load, and few projects suppress any."""
    from promgen.lint.run import slugs

    return slugs()


def compiled(context: click.Context) -> tuple[Path, Lock | None, Compilation, Output]:
    """A compilation without errors; otherwise the problems are printed and the command ends."""
    root = root_of(context)
    previous = read_lock(root)
    compilation = compile_here(root, previous)
    if compilation.output is None:
        report(context, compilation)
        raise click.exceptions.Exit(EXIT_PROBLEMS)
    return root, previous, compilation, compilation.output


def report(context: click.Context, compilation: Compilation) -> None:
    """Print the problems: text on standard error, JSON on standard output."""
    found = compilation.diagnostics
    if is_json(context):
        print_json({"problems": to_json(found)})
    elif found:
        click.echo(render_text(found, compilation.texts), err=True)
        click.echo(summary(found), err=True)


def print_json(data: Any) -> None:
    """Print data for a machine that a person can read as well."""
    click.echo(json.dumps(data, indent=2, ensure_ascii=False))


def find_object(name: str, known: list[str]) -> str:
    """The one known key that a user means by its end, such as `latency` or `checkout/latency`."""
    from difflib import get_close_matches

    matches = [key for key in known if key == name or key.endswith("/" + name)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise UsageError(f"`{name}` is ambiguous: " + ", ".join(matches))
    close = get_close_matches(name, [*known, *(key.rpartition("/")[2] for key in known)], n=3)
    hint = (
        "did you mean " + " or ".join(f"`{key}`" for key in close) + "?"
        if close
        else "`promgen list` shows all"
    )
    raise UsageError(f"there is no SLO or alert `{name}`; {hint}")
