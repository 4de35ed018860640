"""From the text of a specification to rule files on disk, through the whole compiler."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from promgen.compiler.output.tree import ArtifactKind
from promgen.compiler.pipeline import compile_project
from promgen.model.catalog import Catalog

PROJECT = """\
apiVersion: promgen/v1
kind: Project
target: {prometheus: "2.42"}
"""
TEAM = """\
apiVersion: promgen/v1
kind: Team
metadata: {name: crew}
spec: {}
"""


@dataclass(frozen=True, slots=True)
class Compiled:
    """The rule files, and what they were made from."""

    rule_files: tuple[Path, ...]
    catalog: Catalog


def compile_rules(folder: Path, specification: str, project: str = "") -> Compiled:
    """The rule files of one specification and the team `crew`; `project` adds lines to promgen.yaml; errors are failures."""
    (folder / "slo-specs").mkdir(parents=True, exist_ok=True)
    (folder / "promgen.yaml").write_text(PROJECT + project, encoding="utf-8")
    (folder / "slo-specs" / "teams.yaml").write_text(TEAM, encoding="utf-8")
    (folder / "slo-specs" / "services.yaml").write_text(specification, encoding="utf-8")
    compilation = compile_project(folder, None, date(2025, 1, 1))
    problems = [(problem.message, problem.span) for problem in compilation.diagnostics]
    assert compilation.output is not None, problems
    assert compilation.resolved is not None
    written = []
    for artifact in compilation.output.tree.values():
        path = folder / artifact.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(artifact.content)
        if artifact.kind is ArtifactKind.RULES:
            written.append(path)
    return Compiled(tuple(written), compilation.resolved.catalog)
