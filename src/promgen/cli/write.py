"""The part of `promgen build` that needs the compiler."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from promgen.cli import EXIT_PROBLEMS
from promgen.cli.budget import within_budget
from promgen.cli.report import render_text, summary, to_json
from promgen.cli.workspace import compile_here, is_json, print_json
from promgen.compiler.output.freshness import remember
from promgen.compiler.output.lock import Lock, read_lock
from promgen.compiler.output.plan import Plan, plan_changes
from promgen.compiler.output.write import apply_plan, recover
from promgen.compiler.pipeline import Compilation, Output

_MARKS = (("created", "+", "green"), ("updated", "~", "yellow"), ("deleted", "-", "red"))


def build(context: click.Context, root: Path, key: str) -> int:
    """Compile, write and say what was written; the exit code."""
    recover(root)
    previous = read_lock(root)
    compilation = within_budget(root, compile_here(root, previous))
    output = compilation.output
    if output is None:
        _report(context, compilation, None)
        return EXIT_PROBLEMS
    plan = plan_changes(root, output.tree, previous)
    lock = _lock(output, plan)
    apply_plan(root, plan, lock)
    remember(root, {root / file.path: file.content for file in compilation.inputs}, key, lock)
    _report(context, compilation, plan)
    return 0


def _lock(output: Output, plan: Plan) -> Lock:
    return replace(output.lock, files=plan.files)


def _report(context: click.Context, compilation: Compilation, plan: Plan | None) -> None:
    found = compilation.diagnostics
    if is_json(context):
        changed = {name: list(getattr(plan, name)) for name, _, _ in _MARKS} if plan else None
        print_json({"problems": to_json(found), "changed": changed})
        return
    if found:
        click.echo(render_text(found, compilation.texts), err=True)
        click.echo(summary(found), err=True)
    if plan is not None:
        _print_plan(plan, compilation)


def _print_plan(plan: Plan, compilation: Compilation) -> None:
    for name, mark, colour in _MARKS:
        for path in getattr(plan, name):
            click.echo(f"{click.style(mark, fg=colour)} {path}")
    for path in plan.edited:
        click.echo(f"  {path} was edited by hand; it is generated, so the edit is gone", err=True)
    for path in plan.kept:
        click.echo(f"  {path} is no longer generated, but was edited; remove it yourself", err=True)
    assert compilation.output is not None
    assert compilation.resolved is not None
    groups = [group for file in compilation.output.rule_files for group in file.groups]
    rules = sum(len(group.rules) for group in groups)
    catalog = compilation.resolved.catalog
    changed = len(plan.created) + len(plan.updated) + len(plan.deleted)
    counts = (
        (len(catalog.slos), "SLO"),
        (len(catalog.alerts), "alert"),
        (len(catalog.services), "service"),
        (rules, "rule"),
        (len(groups), "group"),
        (changed, "file"),
    )
    slos, alerts, services, written, within, files = (f"{n} {word}{'s' * (n != 1)}" for n, word in counts)
    click.echo(
        f"{slos} and {alerts} of {services}: {written} in {within};"
        f" {files} changed, {len(plan.unchanged)} unchanged"
    )
