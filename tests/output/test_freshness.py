"""The fast path says "nothing to do" only when every input and every output is as the last build left it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from promgen.compiler.output.freshness import is_current, remember
from promgen.compiler.output.lock import Lock, format_lock, read_lock
from tests.output.project import Project

FILES = {"rules/a": "1", "rules/b": "2"}


@pytest.fixture
def inputs(project: Project) -> list[Path]:
    """The inputs of a build that has just succeeded."""
    project.write("specs/a.yaml", "a")
    project.write("specs/b.yaml", "b")
    paths = sorted((project.root / "specs").iterdir())
    project.build(FILES)
    lock = read_lock(project.root)
    assert lock
    remember(project.root, {path: path.read_bytes() for path in paths}, "key", lock)
    return paths


def test_current_after_build(project: Project, inputs: list[Path]) -> None:
    """After a build everything is current, in whatever order the inputs come."""
    assert is_current(project.root, inputs, "key")
    assert is_current(project.root, reversed(inputs), "key")


def test_another_key(project: Project, inputs: list[Path]) -> None:
    """Another version or other options are not current."""
    assert not is_current(project.root, inputs, "other")


@pytest.mark.parametrize("path", ["specs/a.yaml", "rules/a", "promgen.lock"])
@pytest.mark.parametrize("content", ["", "x", None])
def test_changed_or_missing_file(
    project: Project, inputs: list[Path], path: str, content: str | None
) -> None:
    """Any input, output or lock that changed or is gone is noticed."""
    if content is None:
        (project.root / path).unlink()
    else:
        project.write(path, content)
    assert not is_current(project.root, inputs, "key")


def test_changed_lock(project: Project, inputs: list[Path]) -> None:
    """Another lock is noticed, even one that every output on disk agrees with."""
    (project.root / "promgen.lock").write_bytes(format_lock(Lock(generator="1.0", files={})))
    assert not is_current(project.root, inputs, "key")


def test_new_or_removed_input(project: Project, inputs: list[Path]) -> None:
    """An input more or less is noticed."""
    assert not is_current(project.root, inputs[:1], "key")
    project.write("specs/c.yaml", "")
    assert not is_current(project.root, [*inputs, project.root / "specs/c.yaml"], "key")


def test_renamed_input(project: Project, inputs: list[Path]) -> None:
    """A renamed input is noticed."""
    renamed = inputs[1].rename(inputs[1].with_name("c.yaml"))
    assert not is_current(project.root, [inputs[0], renamed], "key")


def test_input_edited_during_build(project: Project, inputs: list[Path]) -> None:
    """An input that was saved after the build had read it is noticed."""
    read = {path: path.read_bytes() for path in inputs}
    project.write("specs/a.yaml", "saved after it was read")
    lock = read_lock(project.root)
    assert lock
    remember(project.root, read, "key", lock)
    assert not is_current(project.root, inputs, "key")


@pytest.mark.parametrize("state", ["", "[]", "{}", '{"inputs": "x"}'])
def test_damaged_state(project: Project, inputs: list[Path], state: str) -> None:
    """A damaged state costs a build and is no error."""
    project.write(".promgen/state.json", state)
    assert not is_current(project.root, inputs, "key")


def test_no_state(project: Project) -> None:
    """Without a build nothing is current."""
    assert not is_current(project.root, [], "key")


def test_unwritable_state(project: Project, inputs: list[Path]) -> None:
    """A state that cannot be written is no error."""
    lock = read_lock(project.root)
    assert lock
    (project.root / ".promgen/state.tmp").mkdir()
    remember(project.root, {}, "key", lock)
    assert is_current(project.root, inputs, "key")


def test_import_is_light() -> None:
    """Importing the fast path loads nothing that takes long."""
    code = "import sys, promgen.compiler.output.freshness as f; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"pydantic", "yaml", "concurrent.futures", "asyncio", "promgen.compiler.output.write"} & set(
        loaded
    )
