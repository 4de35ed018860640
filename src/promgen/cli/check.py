"""`promgen check`: valid specifications, and committed outputs that are what they give."""

from __future__ import annotations

import click

from promgen.cli import EXIT_DRIFT, EXIT_PROBLEMS
from promgen.cli.budget import within_budget
from promgen.cli.report import to_json
from promgen.cli.workspace import compiled, is_json, print_json, report
from promgen.compiler.output.drift import CommitMode, Drift, compare


@click.command("check", short_help="Validate the specifications and compare the committed outputs.")
@click.pass_context
def command(context: click.Context) -> None:
    """Say whether the specifications are valid and the committed outputs are what they compile to.

    Changes nothing. Ends with 1 when a specification is wrong and with 3 when an output differs.

    \b
    promgen check
    promgen --format json check
    """
    root, previous, compilation, output = compiled(context)
    assert compilation.project is not None
    judged = within_budget(root, compilation)
    if judged.output is None:
        report(context, judged)
        raise click.exceptions.Exit(EXIT_PROBLEMS)
    mode = CommitMode(compilation.project.settings.outputs.commit)
    drift = compare(root, output.tree, locked=previous, expected=output.lock, commit=mode)
    if is_json(context):
        differences = {path: difference.value for path, difference in drift.differences.items()}
        print_json({"problems": to_json(compilation.diagnostics), "drift": differences})
    else:
        report(context, compilation)
        click.echo(_drift_text(drift))
    raise click.exceptions.Exit(0 if drift.is_clean else EXIT_DRIFT)


def _drift_text(drift: Drift) -> str:
    if drift.is_clean:
        return "the specifications are valid and the outputs are up to date"
    lines = [
        f"{click.style(difference.value, fg='yellow')}: {path}"
        for path, difference in drift.differences.items()
    ]
    if drift.has_generator_changed:
        versions = f"promgen {drift.locked_generator} wrote the outputs, this is {drift.generator}"
        lines.append(f"{versions}: it may be promgen that changed")
    return "\n".join([*lines, "run `promgen build` and commit what it writes"])
