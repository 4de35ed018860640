"""One run of the checks: over rule files, and over what a project declares in each of its environments."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from promgen.base import problems
from promgen.base.diagnostics import Diagnostic, Diagnostics
from promgen.base.spans import Span
from promgen.compiler.project import Project, suppress
from promgen.compiler.resolve.catalog import Resolved
from promgen.lint.check import Check, Context
from promgen.lint.checks import CHECKS
from promgen.lint.config import Configuration
from promgen.lint.dialects import NEWEST
from promgen.lint.policy import Policy, policies_of
from promgen.lint.problems import PROBLEMS
from promgen.lint.read import read_rule_file
from promgen.lint.rules import File
from promgen.lint.specifications import environments_of, specification_files
from promgen.lint.suppress import Ignore, apply_ignores, read_ignores
from promgen.model.catalog import Target
from promgen.model.inventory import Inventory

READING = frozenset(
    {
        *(problem.slug for problem in PROBLEMS if problem.slug.startswith("rules/")),
        *(problem.slug for problem in problems.PROBLEMS if problem.slug.startswith("source/")),
        problems.PROMQL_SYNTAX.slug,
    }
)
"""What is reported of a rule file before any check runs; it can be ignored like a finding."""
_NEWEST = Target(prometheus=NEWEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is looked at: rule files as text, and the catalogue where specifications are linted too."""

    rule_texts: Mapping[str, str]
    specification_texts: Mapping[str, str] = field(default_factory=dict)
    project: Project | None = None
    resolved: Resolved | None = None
    inventory: Inventory | None = None
    unread: tuple[Diagnostic, ...] = ()
    """What is wrong with rule files that have no text."""
    is_whole: bool = True
    """Whether it is all that the project has, so that a suppression of nothing can be told."""

    @property
    def texts(self) -> dict[str, str]:
        return {**self.specification_texts, **self.rule_texts}

    @property
    def target(self) -> Target:
        """Whose rules they are; without a project nobody said that it is an old one."""
        return self.project.target if self.project is not None else _NEWEST


Progress = Callable[[str], None]
"""Told what is being done, now and then."""


def slugs() -> frozenset[str]:
    """What a comment, a suppression or a baseline may name."""
    return READING | {check.problem.slug for check in CHECKS}


def lint(
    subject: Subject, configuration: Configuration, today: date, progress: Progress = lambda text: None
) -> tuple[Diagnostic, ...]:
    """Every finding that nothing suppresses, by place."""
    diagnostics = Diagnostics()
    for one in subject.unread:
        diagnostics.add(one)
    files: list[File] = []
    for number, (path, text) in enumerate(subject.rule_texts.items(), 1):
        progress(f"reading {number} of {len(subject.rule_texts)} files")
        files += read_rule_file(text, path, diagnostics, subject.target)
    runnable = tuple(check for check in configuration.checks if _can_run(check, subject))
    for found in _run(runnable, tuple(_contexts(subject, files)), progress):
        diagnostics.add(found)
    ran = READING | {check.problem.slug for check in runnable}
    ignores = _ignores(subject.texts, diagnostics)
    remaining: Iterable[Diagnostic] = diagnostics.sorted()
    if subject.project is not None:
        remaining = suppress(remaining, subject.project, today, slugs=ran, is_whole=subject.is_whole)
    remaining = map(configuration.judge, apply_ignores(remaining, ignores, today, ran))
    return tuple(sorted(remaining, key=Diagnostic.sort_key))


def _can_run(check: Check, subject: Subject) -> bool:
    if check.needs == "specifications":
        return subject.resolved is not None
    return check.needs != "inventory" or subject.inventory is not None


def _contexts(subject: Subject, files: list[File]) -> Iterator[Context]:
    """What is checked together: the rule files with the specifications as one environment has them."""
    resolved = subject.resolved
    policies = policies_of(subject.project) if subject.project is not None else ()
    if resolved is None:
        yield _context(subject, tuple(files), policies)
        return
    for environment in environments_of(resolved) or ("",):
        yield _context(subject, (*files, *specification_files(resolved, environment)), policies)


def _context(subject: Subject, files: tuple[File, ...], policies: tuple[Policy, ...]) -> Context:
    return Context(
        files=files,
        target=subject.target,
        resolved=subject.resolved,
        inventory=subject.inventory,
        policies=policies,
        texts=subject.texts,
    )


def _run(
    checks: Collection[Check], contexts: Collection[Context], progress: Progress
) -> Iterator[Diagnostic]:
    """The findings of every check; what another environment has at the same place was found before."""
    for number, check in enumerate(checks, 1):
        progress(f"check {number} of {len(checks)}: {check.problem.slug}")
        before: set[Span] = set()
        for context in contexts:
            found = [one for one in check.run(context) if one.span is None or one.span not in before]
            before.update(one.span for one in found if one.span is not None)
            yield from found


def _ignores(texts: Mapping[str, str], diagnostics: Diagnostics) -> tuple[Ignore, ...]:
    known = slugs()
    return tuple(
        ignore for path, text in texts.items() for ignore in read_ignores(text, path, known, diagnostics)
    )
