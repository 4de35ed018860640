"""Runs one check over a text, as the tests of a check need it."""

from __future__ import annotations

import datetime
import tempfile
from pathlib import Path

from promgen.base.diagnostics import Diagnostic, Diagnostics
from promgen.compiler.pipeline import compile_project
from promgen.compiler.resolve.catalog import Resolved
from promgen.lint.check import Check, Context
from promgen.lint.policy import policies_of
from promgen.lint.read import read_rule_file
from promgen.lint.rules import File
from promgen.lint.specifications import environments_of, specification_files
from promgen.model.catalog import Target
from promgen.model.inventory import Inventory
from tests.compiler.projects import write_project
from tests.lint.configured import project_in

PATH = "example.yaml"


def files_of(text: str, target: Target | None = None) -> tuple[File, ...]:
    """The files of rules in a text that has no mistake a reader finds."""
    diagnostics = Diagnostics()
    files = read_rule_file(text, PATH, diagnostics, target or Target())
    assert [found.message for found in diagnostics.sorted() if found.is_error] == []
    return tuple(files)


def lint_text(
    text: str, check: Check, inventory: Inventory | None = None, target: Target | None = None
) -> list[Diagnostic]:
    """What a check finds in a rule file, or in a specification where that is what it needs."""
    if check.needs == "specifications":
        return lint_specification(text, check, inventory)
    project = project_in(check.configuration)
    target = target or project.target
    context = Context(
        files=files_of(text, target),
        target=target,
        inventory=inventory,
        policies=policies_of(project),
        texts={PATH: text},
    )
    return list(check.run(context))


def lint_specification(text: str, check: Check, inventory: Inventory | None = None) -> list[Diagnostic]:
    """What a check finds in a project with this specification and a team called `people`."""
    resolved, texts = _resolved(text)
    found = Diagnostics()
    for environment in environments_of(resolved):
        context = Context(
            files=specification_files(resolved, environment),
            target=resolved.catalog.target,
            resolved=resolved,
            inventory=inventory,
        )
        for one in check.run(context):
            assert one.span is None or one.span.file in texts
            found.add(one)
    return list(found.sorted())


def _resolved(text: str) -> tuple[Resolved, dict[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        root = write_project(Path(folder), {PATH: text})
        compilation = compile_project(root, None, datetime.date(2026, 1, 15))
    assert compilation.resolved is not None
    assert [found.message for found in compilation.diagnostics if found.is_error] == []
    return compilation.resolved, compilation.texts
