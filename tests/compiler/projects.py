"""Small projects for the compiler's tests: written to a folder, compiled, and asked."""

from __future__ import annotations

import datetime
import textwrap
from pathlib import Path

from promgen.compiler.ir.rules import Rule
from promgen.compiler.output.lock import Lock
from promgen.compiler.pipeline import Compilation, Output, compile_project

TODAY = datetime.date(2026, 1, 15)
TEAM = """\
apiVersion: promgen/v1
kind: Team
metadata: {name: people}
spec: {}
"""


def write_project(root: Path, files: dict[str, str], project: str = "") -> Path:
    """A project with a team and the given files below slo-specs/; `project` is appended to promgen.yaml."""
    text = "apiVersion: promgen/v1\nkind: Project\n" + textwrap.dedent(project)
    (root / "promgen.yaml").write_text(text, encoding="utf-8")
    for path, content in {"team.yaml": TEAM, **files}.items():
        target = root / "slo-specs" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(content), encoding="utf-8")
    return root


def service(body: str, name: str = "cart", more: str = "") -> str:
    """A Service document with the given lines in its spec."""
    head = (
        f"apiVersion: promgen/v1\nkind: Service\nmetadata: {{name: {name}{more}}}\nspec:\n  owner: people\n"
    )
    return head + textwrap.indent(textwrap.dedent(body), "  ")


def compile_files(
    root: Path, files: dict[str, str], project: str = "", previous: Lock | None = None
) -> Compilation:
    """Write and compile a project."""
    return compile_project(write_project(root, files, project), previous, TODAY)


def compile_service(root: Path, body: str, project: str = "", previous: Lock | None = None) -> Compilation:
    """Compile a project of one service."""
    return compile_files(root, {"cart.yaml": service(body)}, project, previous)


def output_of(compilation: Compilation) -> Output:
    """The output of a compilation that must have succeeded."""
    assert compilation.output is not None, problems_of(compilation)
    return compilation.output


def rules_of(compilation: Compilation) -> list[Rule]:
    """All rules in the order in which they are printed."""
    return [
        rule for file in output_of(compilation).rule_files for group in file.groups for rule in group.rules
    ]


def rule(compilation: Compilation, name: str, **labels: str) -> Rule:
    """The one rule of a name and labels."""
    found = [
        one for one in rules_of(compilation) if one.name == name and labels.items() <= one.labels.items()
    ]
    assert len(found) == 1, f"{len(found)} rules are called {name}"
    return found[0]


def problems_of(compilation: Compilation) -> list[str]:
    """Slug and message of each diagnostic, in order."""
    return [f"{found.problem.slug}: {found.message}" for found in compilation.diagnostics]


def underlined(compilation: Compilation) -> list[str]:
    """The text under the carets of each diagnostic, in order."""
    texts = []
    for found in compilation.diagnostics:
        assert found.span is not None
        line = compilation.texts[found.span.file].split("\n")[found.span.line - 1]
        texts.append(line[found.span.column - 1 : found.span.end_column - 1])
    return texts
