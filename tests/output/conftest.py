"""What every test of the output starts from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.output.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project."""
    root = tmp_path / "project"
    root.mkdir()
    return Project(root)
