"""What a run of `promgen lint` looks at: rule files that are named, and the project around them where there is one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from promgen.base.diagnostics import Diagnostic, Diagnostics
from promgen.base.errors import UsageError
from promgen.cli.workspace import compile_here
from promgen.compiler.output.lock import Lock, read_lock
from promgen.compiler.pipeline import Compilation
from promgen.compiler.project import Project, load_project
from promgen.compiler.source.project_root import find_root, read_project_file
from promgen.lint.files import read_rule_texts, shown_path
from promgen.lint.run import Subject, slugs


@dataclass(frozen=True, slots=True, kw_only=True)
class Linted:
    """The subject of a run, and what the compiler found before."""

    directory: Path
    """Where the command runs."""
    root: Path
    """What paths in messages are relative to."""
    subject: Subject
    found: tuple[Diagnostic, ...]
    scope: tuple[str, ...]
    """What was named, as in messages; empty for everything."""

    def covers(self, path: str) -> bool:
        """Whether a file is, or was, among what was named."""
        return not self.scope or any(
            name in {".", path} or path.startswith(f"{name}/") for name in self.scope
        )

    def is_named(self, found: Diagnostic) -> bool:
        """Whether a finding is in what was named; one without a place always is."""
        return found.span is None or self.covers(found.span.file)


def gather(directory: Path, paths: tuple[Path, ...]) -> Linted:
    """Everything that the paths name, relative to the directory; without any, what the project has.

    Raise UsageError where there is nothing to look at.
    """
    root = project_root(directory)
    named = tuple(directory / path for path in paths)
    if root is None:
        if not named:
            raise UsageError("name rule files or folders of them; there is no promgen.yaml here or above")
        return _gather(directory, directory, named)
    previous = read_lock(root)
    project = read_settings(root)
    if named and not _touches_inputs(root, named, project):
        return _gather(directory, root, named, previous, project)
    return _gather_all(directory, root, named, previous, compile_here(root, previous))


def project_root(directory: Path) -> Path | None:
    """The folder of the project around a folder; None where there is none."""
    try:
        return find_root(directory)
    except UsageError:
        return None


def read_settings(root: Path) -> Project | None:
    """promgen.yaml alone; None when it is wrong, which a compilation reports."""
    diagnostics = Diagnostics()
    read = read_project_file(root, diagnostics)
    return load_project(read[1], diagnostics, slugs) if read is not None else None


def _touches_inputs(root: Path, named: Iterable[Path], project: Project | None) -> bool:
    """Whether a path lies in a folder of specifications, or around one; a broken promgen.yaml is to be reported."""
    if project is None:
        return True
    folders = [root / folder for folder in project.settings.inputs]
    return any(
        path.is_relative_to(folder) or folder.is_relative_to(path) for path in named for folder in folders
    )


def _gather(
    directory: Path,
    root: Path,
    named: tuple[Path, ...],
    previous: Lock | None = None,
    project: Project | None = None,
) -> Linted:
    """The rule files alone."""
    diagnostics = Diagnostics()
    texts = read_rule_texts(root, named, _generated(previous), diagnostics)
    return Linted(
        directory=directory,
        root=root,
        subject=Subject(rule_texts=texts, unread=diagnostics.sorted(), project=project, is_whole=False),
        found=(),
        scope=tuple(shown_path(root, path) for path in named),
    )


def _gather_all(
    directory: Path, root: Path, named: tuple[Path, ...], previous: Lock | None, compilation: Compilation
) -> Linted:
    """With the specifications, which are compiled as a whole, and linted only when they compile."""
    diagnostics = Diagnostics()
    project = compilation.project
    listed = [root / file for file in project.settings.lint.files] if project is not None else []
    apart = {*_generated(previous), *compilation.texts}
    texts = read_rule_texts(root, named or listed, apart, diagnostics)
    is_compiled = compilation.output is not None
    subject = Subject(
        rule_texts=texts,
        unread=diagnostics.sorted(),
        specification_texts=compilation.texts if is_compiled else {},
        project=project,
        resolved=compilation.resolved if is_compiled else None,
        is_whole=is_compiled and not named,
    )
    return Linted(
        directory=directory,
        root=root,
        subject=subject,
        found=compilation.diagnostics,
        scope=tuple(shown_path(root, path) for path in named),
    )


def _generated(previous: Lock | None) -> Iterable[str]:
    """What promgen wrote itself: its source is what is linted."""
    return previous.files if previous is not None else ()
