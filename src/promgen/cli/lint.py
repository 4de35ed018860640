"""`promgen lint`: what is wrong with rules that load and parse, in specifications and in plain rule files."""

from __future__ import annotations

import datetime
import gc
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from promgen.base.diagnostics import Diagnostic, Diagnostics, Level
from promgen.base.errors import OutsideError
from promgen.cli import EXIT_PROBLEMS
from promgen.cli.linted import Linted, gather, project_root, read_settings
from promgen.cli.report import render_text, summary, to_json
from promgen.cli.server import Stock, authorization_of, find_inventory, stock_options
from promgen.cli.table import print_table
from promgen.cli.workspace import is_json, print_json
from promgen.lint.baseline import apply_baseline, baseline_of, dump_baseline, load_baseline
from promgen.lint.changed import changed_since
from promgen.lint.checks import CHECKS
from promgen.lint.config import OFF, Configuration, configure
from promgen.lint.formats import FORMATS
from promgen.lint.run import READING, lint
from promgen.model.inventory import Inventory

_WORST_FIRST = tuple(Level)
_FILE = click.Path(dir_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says."""

    paths: tuple[Path, ...]
    only: tuple[str, ...]
    since: str | None
    baseline: Path | None
    write_baseline: Path | None
    fail_on: str
    list_checks: bool
    prometheus: str | None
    inventory: Path | None
    token_file: Path | None
    token_env: str | None
    user: str | None


@click.command("lint", short_help="Find mistakes in specifications and in plain rule files.")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option("--only", multiple=True, metavar="SLUG", help="Only this check; may be repeated.")
@click.option("--since", metavar="REVISION", help="Only what changed since this revision of git.")
@click.option("--baseline", type=_FILE, metavar="FILE", help="Leave out what this file accepts.")
@click.option("--write-baseline", type=_FILE, metavar="FILE", help="Accept everything that is found now.")
@click.option(
    "--fail-on",
    type=click.Choice([level.value for level in _WORST_FIRST]),
    default=Level.WARNING.value,
    show_default=True,
    help="End with 1 for a finding this bad or worse.",
)
@click.option("--list-checks", is_flag=True, help="List the checks and whether they run.")
@stock_options
@click.pass_context
def command(context: click.Context, /, **options: Any) -> None:
    """Find mistakes in rules that load and parse.

    PATHs are files or folders of Prometheus rules or PrometheusRule objects, or specifications. Without any, the project's
    specifications are checked, and the rule files that promgen.yaml lists.

    \b
    promgen lint
    promgen lint rules/*.yml --fail-on error
    promgen lint monitoring --baseline lint-baseline.json
    promgen --format sarif lint --since origin/main
    """
    given = Options(**options)
    directory = Path(context.obj["directory"]).resolve()
    if given.list_checks:
        _print_checks(context, directory, given)
        return
    linted = gather(directory, given.paths)
    linted = replace(linted, subject=replace(linted.subject, inventory=_inventory(linted, given)))
    diagnostics = Diagnostics()
    configuration = configure(CHECKS, linted.subject.project, given.only, diagnostics)
    findings = _lint(linted, configuration, is_whole=not given.only)
    if given.write_baseline is not None:
        _write_baseline(context, directory, given.write_baseline, findings)
        return
    before = (*linted.found, *diagnostics.sorted())
    found = _wanted(before, findings, linted, configuration, given)
    click.echo(_rendered(context.obj["format"], found, linted, configuration), nl=False)
    raise click.exceptions.Exit(_exit_code(found, given.fail_on))


# --- what is found


def _inventory(linted: Linted, given: Options) -> Inventory | None:
    authorization = authorization_of(token_file=given.token_file, token_env=given.token_env, user=given.user)
    stock = Stock(prometheus=given.prometheus, inventory=given.inventory, authorization=authorization)
    project = linted.subject.project
    return find_inventory(stock, linted.root, project.settings.inventory if project is not None else None)


def _lint(linted: Linted, configuration: Configuration, *, is_whole: bool) -> list[Diagnostic]:
    """What the checks find in what was named; the collector would walk a growing heap in which nothing is garbage."""
    subject = replace(linted.subject, is_whole=linted.subject.is_whole and is_whole)
    gc.disable()
    try:
        found = lint(subject, configuration, datetime.date.today(), _say if sys.stderr.isatty() else _hush)
    finally:
        gc.freeze()
        gc.enable()
    if sys.stderr.isatty():
        _say("")
    return [one for one in found if linted.is_named(one)]


def _say(text: str) -> None:
    """One line that the next one overwrites."""
    click.echo(f"\r\x1b[K{text}", nl=False, err=True)


def _hush(text: str) -> None:
    """Nobody watches."""


def _wanted(
    before: Iterable[Diagnostic],
    findings: Iterable[Diagnostic],
    linted: Linted,
    configuration: Configuration,
    given: Options,
) -> tuple[Diagnostic, ...]:
    """What is to be reported: neither in the baseline, nor older than a revision; an error of the compiler always is."""
    if given.baseline is not None:
        entries = load_baseline(_read(linted.directory / given.baseline), str(given.baseline))
        ran = READING | {check.problem.slug for check in configuration.checks}
        findings = apply_baseline(
            findings, entries, lambda entry: entry.problem in ran and linted.covers(entry.path)
        )
    errors = [one for one in before if one.is_error]
    rest = [*(one for one in before if not one.is_error and linted.is_named(one)), *findings]
    if given.since is not None:
        rest = list(changed_since(rest, linted.root, given.since, linted.subject.texts))
    return tuple(sorted((*errors, *rest), key=Diagnostic.sort_key))


def _exit_code(found: Iterable[Diagnostic], fail_on: str) -> int:
    failing = _WORST_FIRST[: _WORST_FIRST.index(Level(fail_on)) + 1]
    return EXIT_PROBLEMS if any(one.level in failing for one in found) else 0


# --- the baseline


def _write_baseline(
    context: click.Context, directory: Path, path: Path, findings: Iterable[Diagnostic]
) -> None:
    entries = baseline_of(findings)
    try:
        (directory / path).write_bytes(dump_baseline(entries))
    except OSError as error:
        raise OutsideError(f"cannot write {path}: {error.strerror}") from error
    accepted = sum(entry.count for entry in entries)
    if is_json(context):
        print_json({"baseline": str(path), "accepted": accepted})
    else:
        click.echo(f"{path} accepts {accepted} finding{'s' * (accepted != 1)}")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise OutsideError(
            f"cannot read {path}: {error.strerror}; `--write-baseline {path}` writes it"
        ) from error


# --- output


def _rendered(name: str, found: tuple[Diagnostic, ...], linted: Linted, configuration: Configuration) -> str:
    subject, texts = linted.subject, linted.subject.texts
    if name in FORMATS:
        return FORMATS[name](found, configuration.checks, texts)
    if name == "json":
        return json.dumps({"problems": to_json(found)}, indent=2, ensure_ascii=False) + "\n"
    shown = render_text(found, texts)
    looked_at = len({*texts, *(one.span.file for one in subject.unread if one.span is not None)})
    files = f"{looked_at} file{'s' * (looked_at != 1)}"
    return f"{shown}\n{summary(found)} in {files}\n" if shown else f"{summary(found)} in {files}\n"


def _print_checks(context: click.Context, directory: Path, given: Options) -> None:
    root = project_root(directory)
    project = read_settings(root) if root is not None else None
    configuration = configure(CHECKS, project, given.only, Diagnostics())
    levels = {check.problem.slug: check.level.value for check in configuration.checks}
    rows = [(check.problem.slug, levels.get(check.problem.slug, OFF), check.problem.why) for check in CHECKS]
    if is_json(context):
        print_json([dict(zip(("check", "level", "why"), row, strict=True)) for row in rows])
    else:
        print_table(("check", "level", "why"), rows)
