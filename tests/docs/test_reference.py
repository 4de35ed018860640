"""The reference pages are what the code says, and say everything."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from promgen.base import conventions
from promgen.base.problems import PROBLEMS
from promgen.cli.report import DOCUMENTATION
from promgen.compiler.spec.jsonschema import schema_of
from promgen.lint.check import PAGES
from promgen.lint.checks import CHECKS
from promgen.lint.problems import PROBLEMS as LINT_PROBLEMS
from tests.docs.pages import REPOSITORY


def load_generator() -> ModuleType:
    """`docs/generate.py`, which is a script and no part of a package."""
    spec = importlib.util.spec_from_file_location("generate", REPOSITORY / "docs/generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["generate"] = module
    spec.loader.exec_module(module)
    return module


GENERATOR: Any = load_generator()
REFERENCE = REPOSITORY / "docs/reference"


@pytest.mark.parametrize("name", GENERATOR.PAGES)
def test_a_page_is_up_to_date(name: str) -> None:
    written = (REFERENCE / name).read_text(encoding="utf-8")
    assert written == GENERATOR.PAGES[name](), "run: python docs/generate.py"


def test_no_page_is_left_over() -> None:
    written = {path.relative_to(REFERENCE).as_posix() for path in REFERENCE.rglob("*") if path.is_file()}
    assert written == set(GENERATOR.PAGES)


def test_every_problem_has_the_anchor_that_messages_link_to() -> None:
    assert Path(DOCUMENTATION) == (REFERENCE / "problems.md").relative_to(REPOSITORY)
    text = (REFERENCE / "problems.md").read_text(encoding="utf-8")
    for problem in (*PROBLEMS, *LINT_PROBLEMS):
        assert f"\n## {problem.slug.replace('/', '-')}\n" in text


def test_every_check_has_the_page_that_its_findings_name() -> None:
    assert Path(PAGES) == (REFERENCE / "checks").relative_to(REPOSITORY)
    for check in CHECKS:
        text = (REPOSITORY / check.page).read_text(encoding="utf-8")
        assert f"\n# {check.problem.slug}\n" in text


def test_every_series_is_described() -> None:
    series = {
        value
        for value in vars(conventions).values()
        if isinstance(value, str) and value.startswith(("slo:", "alert:"))
    }
    series.remove(conventions.ERROR_RATIO)  # the beginning of many names
    assert series <= GENERATOR.PUBLIC_SERIES.keys() | GENERATOR.INNER_SERIES.keys()


def test_every_shape_has_a_section() -> None:
    text = (REFERENCE / "spec.md").read_text(encoding="utf-8")
    for reference in text.split("](#")[1:]:
        anchor = reference.partition(")")[0]
        assert any(line.lower() == f"## {anchor}" for line in text.split("\n")), anchor
    fields = {key for shape in schema_of()["$defs"].values() for key in shape["properties"]}
    assert [
        key for key in fields if f"`{key}`" not in text and key not in {"apiVersion", "kind", "metadata"}
    ] == [key for key in ("spec",) if f"`{key}`" not in text]
