"""The part of a build that compares what the rules cost with the project's budget."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from promgen.base.diagnostics import Diagnostic
from promgen.compiler.pipeline import Compilation


def within_budget(root: Path, compilation: Compilation) -> Compilation:
    """The compilation; with errors and without output where the rules cost more than promgen.yaml allows.

    Raise OutsideError where the inventory that it names cannot be read.
    """
    project, resolved = compilation.project, compilation.resolved
    if compilation.output is None or project is None or resolved is None or project.settings.budget is None:
        return compilation
    from promgen.cli.server import read_inventory  # needed by few builds, and slow to load
    from promgen.proof.budget import check_budget
    from promgen.proof.cost import costs_of

    inventory = read_inventory(root / (project.settings.inventory or ""))
    found = check_budget(project, costs_of(resolved.catalog, inventory))
    diagnostics = tuple(sorted((*compilation.diagnostics, *found), key=Diagnostic.sort_key))
    return replace(compilation, diagnostics=diagnostics, output=None if found else compilation.output)
