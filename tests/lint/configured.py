"""A project from what promgen.yaml says below its head, as the examples of checks give it."""

from __future__ import annotations

from promgen.base.conventions import API_VERSION, PROJECT_FILE
from promgen.base.diagnostics import Diagnostic, Diagnostics
from promgen.compiler.project import Project, load_project
from promgen.compiler.source.yamltext import parse_documents

HEAD = f"apiVersion: {API_VERSION}\nkind: Project\n"


def project_in(configuration: str) -> Project:
    """The project of a configuration without mistakes."""
    project, found = _load(configuration)
    assert [one.message for one in found] == []
    assert project is not None
    return project


def mistakes_in(configuration: str) -> list[Diagnostic]:
    """What is wrong in a configuration."""
    return [*_load(configuration)[1]]


def _load(configuration: str) -> tuple[Project | None, tuple[Diagnostic, ...]]:
    diagnostics = Diagnostics()
    (document,) = parse_documents(HEAD + configuration, PROJECT_FILE, diagnostics)
    return load_project(document, diagnostics), diagnostics.sorted()
