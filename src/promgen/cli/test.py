"""`promgen test`: execute the proof tests with the real promtool, and say of each SLO and alert how they ended."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import click

from promgen.base.conventions import RULES_SUFFIX
from promgen.base.errors import OutsideError, UsageError
from promgen.cli import EXIT_PROBLEMS
from promgen.cli.completion import complete_names
from promgen.cli.fates import fate_lines, fates_data
from promgen.cli.outcomes import count, outcome_lines, outcomes_data
from promgen.cli.workspace import compiled, find_object, is_json, print_json
from promgen.compiler.pipeline import Compilation, Output
from promgen.proof.junit import print_junit
from promgen.proof.mutation import Prey, find_prey, hunt
from promgen.proof.mutation import sample as choose
from promgen.proof.project import Proof, find_proofs, prove
from promgen.proof.promtool import VARIABLE, Promtool, find_promtool

_T = TypeVar("_T")

Choice = Callable[[Proof], bool]


@click.command("test", short_help="Execute the proof tests with the real promtool.")
@click.argument("chosen", nargs=-1, metavar="[PATH|SUBJECT]...", shell_complete=complete_names)
@click.option("--run", "pattern", metavar="REGEX", help="Only cases whose `subject: name` this matches.")
@click.option(
    "-j", "--jobs", type=click.IntRange(min=1), help="Promtools at a time.  [default: one per processor]"
)
@click.option(
    "--junit", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write a JUnit report."
)
@click.option(
    "--promtool", "named", metavar="PATH", help=f"Use this promtool.  [default: ${VARIABLE}, or the PATH]"
)
@click.option("--mutate", is_flag=True, help="Change the rules, one thing at a time: does a case notice?")
@click.option(
    "--sample", type=click.IntRange(min=1), metavar="N", help="With --mutate: only so many mutants."
)
@click.option("--show-unproved", is_flag=True, help="List what cannot be shown, with the reasons.")
@click.pass_context
def command(
    context: click.Context,
    chosen: tuple[str, ...],
    *,
    pattern: str | None,
    jobs: int | None,
    junit: Path | None,
    named: str | None,
    mutate: bool,
    sample: int | None,
    show_unproved: bool,
) -> None:
    """Execute the proof tests of SLOs and alerts with the real promtool.

    What the specifications compile to now is tested, whether it was built or
    not. A PATH is a specification, a file of rules or a folder of either; a
    SUBJECT is an SLO or an alert, with its service where that is needed.

    \b
    promgen test
    promgen test checkout/availability
    promgen test slo-specs/shop --run outage --jobs 1
    promgen test --mutate --sample 500
    """
    if mutate and junit is not None:
        raise UsageError("--junit reports cases; with --mutate, `--format json` has every mutant")
    if sample is not None and not mutate:
        raise UsageError("--sample is a number of mutants, and needs --mutate")
    root, _, compilation, output = compiled(context)
    promtool = find_promtool(named)
    proofs = _proofs(compilation, output)
    select = partial(
        _choice,
        folder=Path(context.obj["directory"]),
        root=root,
        rules=_rules_folder(compilation),
        known=sorted({proof.subject.key for proof in proofs}),
    )
    wanted = _chosen(proofs, chosen, select, pattern)
    if mutate:
        assert compilation.project is not None
        prey = list(find_prey(output.rule_files, wanted, compilation.project.target, promtool))
        _hunt(context, choose(prey, sample), promtool, jobs, compilation.texts)
        return
    outcomes = sorted(_watched(prove(wanted, promtool, jobs), len(wanted)), key=lambda one: one.sort_key)
    if junit is not None:
        _write(junit, print_junit(outcomes, promtool.version))
    if is_json(context):
        print_json(outcomes_data(outcomes, promtool))
    else:
        click.echo("\n".join(outcome_lines(outcomes, promtool, compilation.texts, show_unproved)))
    if count(outcomes, "failed"):
        raise click.exceptions.Exit(EXIT_PROBLEMS)


def _hunt(
    context: click.Context,
    prey: Sequence[Prey],
    promtool: Promtool,
    jobs: int | None,
    texts: Mapping[str, str],
) -> None:
    """Hunt mutants and print what became of them, in the order of the specifications."""
    order = {id(one): place for place, one in enumerate(prey)}
    fates = sorted(
        _watched(hunt(prey, promtool, jobs), len(prey), "Hunting"),
        key=lambda fate: (fate.prey.subject.source, fate.prey.subject.key, order[id(fate.prey)]),
    )
    if is_json(context):
        print_json(fates_data(fates, promtool))
    else:
        click.echo("\n".join(fate_lines(fates, promtool, texts)))
    if any(fate.status == "survived" for fate in fates):
        raise click.exceptions.Exit(EXIT_PROBLEMS)


# --- which proofs


def _proofs(compilation: Compilation, output: Output) -> list[Proof]:
    assert compilation.resolved is not None
    assert compilation.project is not None
    inputs = compilation.project.settings.inputs
    return list(find_proofs(compilation.resolved, output.proofs, output.rule_files, inputs))


def _rules_folder(compilation: Compilation) -> str:
    assert compilation.project is not None
    return compilation.project.settings.outputs.rules


def _chosen(
    proofs: Sequence[Proof], chosen: Iterable[str], select: Callable[[str], Choice], pattern: str | None
) -> list[Proof]:
    """The proofs of any of the paths and subjects, or all, and of these what the pattern finds; at least one."""
    wanted = list(map(select, chosen))
    regex = _regex(pattern or "")
    found = [
        proof
        for proof in proofs
        if (not wanted or any(is_wanted(proof) for is_wanted in wanted))
        and regex.search(f"{proof.subject.key}: {proof.name}")
    ]
    if not found:
        raise UsageError("there is no such proof test")
    return found


def _regex(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise UsageError(f"`{pattern}` is not a regular expression: {error}") from error


def _choice(word: str, *, folder: Path, root: Path, rules: str, known: list[str]) -> Choice:
    """What a word on the command line means: a path from `folder`, a service, or an SLO or alert."""
    path = (folder / word).resolve()
    if path.exists():
        return lambda proof: any(
            (root / file).is_relative_to(path)
            for file in (proof.subject.source, f"{rules}/{proof.subject.rules}{RULES_SUFFIX}")
        )
    if any(key.startswith(word + "/") for key in known):
        return lambda proof: proof.subject.key.startswith(word + "/")
    wanted = find_object(word, known)
    return lambda proof: proof.subject.key == wanted


# --- around it


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise OutsideError(f"{path} cannot be written: {error.strerror}") from error


def _watched(outcomes: Iterator[_T], total: int, doing: str = "Proving") -> Iterator[_T]:
    """The same, and on a terminal a bar while they come in."""
    if not sys.stderr.isatty():
        return outcomes
    from rich.console import Console
    from rich.progress import track

    return iter(track(outcomes, doing, total, console=Console(stderr=True), transient=True))
