"""The specifications of this repository, written in another way, do not differ; and whatever is read is compared."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from promgen.base.diagnostics import Diagnostics
from promgen.changes.comparison import Comparison, compare_outputs
from promgen.compiler.pipeline import Output, compile_project
from promgen.compiler.source.nodes import plain
from promgen.compiler.source.yamltext import parse_documents
from promgen.model.inventory import Inventory
from tests.compiler.projects import output_of
from tests.docs.pages import REPOSITORY

TODAY = date(2026, 1, 15)


def project(folder: Path) -> Path:
    """A copy of the specifications."""
    for name in ("slo-specs", "runbooks"):
        if (REPOSITORY / name).is_dir():
            shutil.copytree(REPOSITORY / name, folder / name)
    shutil.copy(REPOSITORY / "promgen.yaml", folder)
    return folder


def compiled(root: Path) -> Output:
    return output_of(compile_project(root, None, TODAY))


def reversed_keys(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: reversed_keys(value) for key, value in reversed(data.items())}
    return [reversed_keys(item) for item in data] if isinstance(data, list) else data


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Output:
    return compiled(project(tmp_path_factory.mktemp("before")))


def test_all_specifications_as_json_with_their_keys_reversed_do_not_differ(
    before: Output, tmp_path: Path
) -> None:
    root = project(tmp_path)
    for path in (root / "slo-specs").rglob("*.yaml"):
        documents = parse_documents(path.read_text(encoding="utf-8"), path.name, Diagnostics())
        data = [reversed_keys(plain(document.root)) for document in documents if document.root is not None]
        path.write_text("\n---\n".join(json.dumps(one, indent=1) for one in data), encoding="utf-8")
    assert compare_outputs(before, compiled(root), Inventory(metrics={})) == Comparison()


def test_every_time_in_a_specification_is_compared(before: Output, tmp_path: Path) -> None:
    """They are changed one place after the other."""
    root = project(tmp_path)
    path = next((root / "slo-specs").rglob("api-gateway.yaml"))
    text = path.read_text(encoding="utf-8")
    places = [at for at in range(len(text)) if text.startswith(("5m", "10m", "15m"), at)]
    assert len(places) >= 4
    for at in places:
        if text[at - 1].isdigit() or text.rfind("#", text.rfind("\n", 0, at), at) >= 0:
            continue
        path.write_text(text[:at] + "3" + text[at + 1 :], encoding="utf-8")
        found = compare_outputs(before, compiled(root), None)
        assert found.specifications, text[at - 30 : at + 10]
