"""The repository's own content and small projects, compiled with deliveries."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from promgen.base.diagnostics import Diagnostics
from promgen.compiler.pipeline import Compilation, Output, compile_project
from promgen.compiler.source.nodes import plain
from promgen.compiler.source.yamltext import parse_documents
from tests.compiler.projects import TODAY, compile_files, output_of, service

REPOSITORY = Path(__file__).resolve().parents[2]
SLO = "slos:\n  - {name: availability, objective: 99%, window: 7d, sli: {probe: {selector: {job: cart}}}}\n"


def compile_shop(root: Path, deliveries: str, files: dict[str, str] | None = None) -> Compilation:
    """A project of one SLO with deliveries, each an item of YAML's list."""
    content = {"cart.yaml": service(SLO), **(files or {})}
    return compile_files(root, content, "deliveries:\n" + deliveries)


def compile_repository(root: Path, deliveries: str) -> Output:
    """The four systems with deliveries in the place of their own."""
    shutil.copytree(REPOSITORY / "slo-specs", root / "slo-specs")
    text = (REPOSITORY / "promgen.yaml").read_text(encoding="utf-8").partition("\ndeliveries:")[0]
    (root / "promgen.yaml").write_text(f"{text}\ndeliveries:\n{deliveries}", encoding="utf-8")
    return output_of(compile_project(root, None, TODAY))


def delivered(output: Output, name: str) -> dict[str, str]:
    """The files of a delivery by their path below its folder."""
    folder = f"rules/deliveries/{name}/"
    return {
        path.removeprefix(folder): artifact.content.decode()
        for path, artifact in output.tree.items()
        if path.startswith(folder)
    }


def write_files(folder: Path, files: dict[str, str]) -> list[Path]:
    """The files in a folder; their paths."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return [folder / path for path in files]


def read(text: str) -> Any:
    """The data of a YAML text."""
    (document,) = parse_documents(text, "test.yaml", Diagnostics())
    assert document.root is not None
    return plain(document.root)
