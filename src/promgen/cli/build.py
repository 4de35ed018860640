"""`promgen build`: compile, and write what changed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import click

import promgen
from promgen.base.diagnostics import Diagnostics
from promgen.base.errors import OutsideError
from promgen.compiler.output.freshness import is_current
from promgen.compiler.output.lock import digest_of
from promgen.compiler.source.project_root import find_root, inventory_file, read_inputs

_POLL_SECONDS = 0.5


@click.command("build", short_help="Compile the specifications into rules.")
@click.option("--watch", is_flag=True, help="Build again whenever a specification changes, until Ctrl-C.")
@click.pass_context
def command(context: click.Context, watch: bool) -> None:
    """Compile the specifications into rules, and write only the files that changed.

    Nothing is written when there is an error. A file that promgen did not write is never overwritten or deleted.

    \b
    promgen build
    promgen build --watch
    promgen --format json build
    """
    root = find_root(Path(context.obj["directory"]).resolve())
    if not watch:
        raise click.exceptions.Exit(_build(context, root))
    for _ in _changes(root):
        _build(context, root)


def _build(context: click.Context, root: Path) -> int:
    document, inputs = read_inputs(root, Diagnostics())
    key = _key(root, inventory_file(document))
    if inputs and is_current(root, [root / file.path for file in inputs], key):
        _say(context, "nothing changed")
        return 0
    from promgen.cli import write  # the compiler takes a moment to load

    return write.build(context, root, key)


def _key(root: Path, inventory: str | None) -> str:
    """What decides the build beside the inputs: an inventory, and promgen itself, also while somebody works on it."""
    package = Path(promgen.__file__).parent
    stamps = sorted((file.name, file.stat().st_mtime_ns) for file in package.rglob("*.py"))
    key = f"{promgen.__version__} {digest_of(repr(stamps).encode())}"
    try:
        return key if inventory is None else f"{key} {digest_of((root / inventory).read_bytes())}"
    except OSError:
        return key


def _say(context: click.Context, message: str) -> None:
    click.echo('{"problems": [], "changed": []}' if context.obj["format"] == "json" else message)


def _changes(root: Path) -> Iterator[None]:
    """Once at the beginning, and again after every change of an input."""
    seen: list[tuple[str, bytes]] | None = None
    while True:
        try:
            _, inputs = read_inputs(root, Diagnostics())
        except OutsideError:
            inputs = ()
        now = [(file.path, file.content) for file in inputs]
        if now != seen:
            seen = now
            yield
        time.sleep(_POLL_SECONDS)
