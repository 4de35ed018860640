"""From the text of a specification to rule files on disk, through the whole compiler."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from promgen.compiler.output.tree import ArtifactKind
from promgen.model.catalog import Catalog
from tests.compiler.projects import compile_files, output_of

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
    folder.mkdir(parents=True, exist_ok=True)
    compilation = compile_files(folder, {"crew.yaml": TEAM, "services.yaml": specification}, project)
    output = output_of(compilation)
    assert compilation.resolved is not None
    written = []
    for artifact in output.tree.values():
        path = folder / artifact.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(artifact.content)
        if artifact.kind is ArtifactKind.RULES:
            written.append(path)
    return Compiled(tuple(written), compilation.resolved.catalog)
