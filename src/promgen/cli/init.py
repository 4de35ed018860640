"""`promgen init`: a repository that builds, with one service."""

from __future__ import annotations

from pathlib import Path

import click

from promgen import __version__
from promgen.base.errors import OutsideError, UsageError
from promgen.cli.scaffold import FILES, PIPELINES
from promgen.cli.schema import schema_text
from promgen.cli.workspace import is_json, print_json

SCHEMA_FILE = "slo-specs/promgen.schema.json"


@click.command("init", short_help="Start a repository that builds, with one service.")
@click.argument("folder", default=".", type=click.Path(path_type=Path))
@click.option("--ci", type=click.Choice(list(PIPELINES)), help="Add a pipeline and a pre-commit hook.")
@click.pass_context
def command(context: click.Context, folder: Path, ci: str | None) -> None:
    """Write a repository that builds: one service with an SLO and an alert, below FOLDER or here.

    No file is ever overwritten: when one exists already, nothing is written.

    \b
    promgen init shop
    promgen init --ci github
    """
    root = Path(context.obj["directory"]) / folder
    files = _files(ci)
    _check_free(root, files)
    for path, text in files.items():
        _write(root / path, text)
    if is_json(context):
        print_json({"created": list(files)})
    else:
        click.echo(_next_steps(folder, files))


def _files(ci: str | None) -> dict[str, str]:
    """The text of each file, by path."""
    release = ".".join(__version__.split(".")[:2])
    texts = FILES | (PIPELINES[ci] if ci else {})
    filled = {
        path: text.replace("@version@", __version__).replace("@release@", release)
        for path, text in texts.items()
    }
    return dict(sorted({**filled, SCHEMA_FILE: schema_text()}.items()))


def _check_free(root: Path, files: dict[str, str]) -> None:
    """Raise UsageError naming everything that is in the way."""
    paths = [root / path for path in files]
    parents = {parent for path in (root / "any", *paths) for parent in path.parents}
    blocking = [path for path in paths if path.exists() or path.is_symlink()]
    blocking += [parent for parent in parents if parent.exists() and not parent.is_dir()]
    if blocking:
        listed = "\n".join(f"  {path}" for path in sorted(blocking))
        raise UsageError(f"nothing was written, because these exist:\n{listed}")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise OutsideError(f"cannot write {path}: {error.strerror}") from error


def _next_steps(folder: Path, files: dict[str, str]) -> str:
    created = "\n".join(f"{click.style('+', fg='green')} {folder / path}" for path in files)
    enter = [] if folder == Path() else [("cd " + str(folder), "")]
    steps = [
        *enter,
        ("promgen build", "compile slo-specs/ to rules/"),
        ("promgen explain availability", "what the SLO became, and why"),
        ("promgen test", "do the rules what it says?"),
        ("promgen check", "what a pipeline runs"),
    ]
    lines = [f"  {command:<30}{text}".rstrip() for command, text in steps]
    return "\n".join([created, "", "next:", *lines, "", "then edit slo-specs/shop/checkout.yaml"])
