"""A plan is carried out as one change that touches nothing else."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promgen.base.errors import OutsideError
from promgen.compiler.output.local import exclusive
from promgen.compiler.output.lock import Lock, digest_of, read_lock
from promgen.compiler.output.tree import ConflictError
from promgen.compiler.output.write import recover
from tests.output.project import Project, tree_of

OLD = {"rules/a": "1", "rules/deep/b": "2", "docs/c": "3"}
NEW = {"rules/a": "new", "rules/wide/d": "4"}


def is_possible(files: dict[str, str]) -> bool:
    """The files can exist side by side."""
    try:
        tree_of(files)
    except ConflictError:
        return False
    return True


paths = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join)
trees = st.dictionaries(paths, st.sampled_from(["", "1", "2\n"]), max_size=5).filter(is_possible)


@settings(deadline=None, max_examples=50)
@given(st.lists(trees, min_size=1, max_size=4))
def test_any_sequence_of_builds(sequence: list[dict[str, str]]) -> None:
    """After any sequence of builds the disk equals the last tree, and building again changes nothing."""
    with TemporaryDirectory() as root:
        project = Project(Path(root))
        for files in sequence:
            project.build(files)
            assert project.outputs() == files
            assert not project.plan(files).has_changes
            folders = {path for path, content in project.snapshot().items() if content is None}
            assert folders == {parent.as_posix() for path in files for parent in Path(path).parents} - {"."}


@settings(deadline=None, max_examples=50)
@given(st.lists(trees, min_size=1, max_size=3), paths)
def test_foreign_file_survives(sequence: list[dict[str, str]], path: str) -> None:
    """A foreign file survives any sequence of builds, and a refused build changes nothing."""
    with TemporaryDirectory() as root:
        project = Project(Path(root))
        project.write(path, "mine")
        for files in sequence:
            before = project.snapshot()
            try:
                project.build(files)
            except OutsideError:
                assert project.snapshot() == before
            assert project.read(path) == "mine"


@given(st.permutations(list(OLD.items())))
@settings(deadline=None, max_examples=10)
def test_order_of_the_tree(files: list[tuple[str, str]]) -> None:
    """The bytes on disk do not depend on the order of the tree."""
    with TemporaryDirectory() as first, TemporaryDirectory() as second:
        Project(Path(first)).build(OLD)
        Project(Path(second)).build(dict(files))
        assert Project(Path(first)).snapshot() == Project(Path(second)).snapshot()


def test_lock_after_build(project: Project) -> None:
    """The lock lists what was written."""
    project.build({"rules/a": "1"}, generator="1.2")
    assert read_lock(project.root) == Lock(generator="1.2", files={"rules/a": digest_of(b"1")})


def test_unchanged_files(project: Project) -> None:
    """Unchanged files are not rewritten."""
    project.build(OLD)
    os.utime(project.root / "rules/a", ns=(0, 0))
    project.build({**OLD, "docs/c": "new"})
    assert (project.root / "rules/a").stat().st_mtime_ns == 0


def test_nothing_to_do(project: Project) -> None:
    """Without changes nothing is written at all."""
    project.build(OLD)
    for path in (project.root / ".promgen").iterdir():
        path.unlink()
    (project.root / ".promgen").rmdir()
    project.build(OLD)
    assert not (project.root / ".promgen").exists()


def test_another_version(project: Project) -> None:
    """Another version alone changes only the lock."""
    project.build(OLD, generator="1")
    before = project.snapshot()
    project.build(OLD, generator="2")
    after = project.snapshot()
    assert {path for path in after if after[path] != before[path]} == {"promgen.lock"}


def test_local_folder(project: Project) -> None:
    """The local folder keeps itself out of version control, and nothing is left in it."""
    project.build(OLD)
    assert project.read(".promgen/.gitignore") == "*\n"
    assert sorted(path.name for path in (project.root / ".promgen").iterdir()) == [".gitignore", "build.lock"]


def test_foreign_files_refused(project: Project) -> None:
    """A plan with foreign files is refused, and nothing changes."""
    project.build(OLD)
    project.write("rules/wide/d", "mine")
    before = project.snapshot()
    with pytest.raises(
        OutsideError, match=r"nothing was changed:\n  rules/wide/d: promgen did not write it$"
    ):
        project.build(NEW)
    assert project.snapshot() == before


def test_emptied_folders(project: Project) -> None:
    """Only folders that held outputs are removed."""
    project.build({"rules/deep/deeper/a": "1", "docs/b": "2"})
    (project.root / "empty").mkdir()
    project.write("docs/mine", "3")
    project.build({})
    assert project.snapshot().keys() == {"empty", "docs", "docs/mine", "promgen.lock"}


def test_used_folder(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that stays in use is not replaced, since somebody may be watching it."""
    project.build({"rules/a": "1"})
    removed: list[str] = []
    monkeypatch.setattr(os, "rmdir", lambda path: removed.append(Path(path).name))
    project.build({"rules/b": "2"})
    assert removed == ["staging"]


def test_lock_of_a_regenerated_file(project: Project) -> None:
    """The lock is not rewritten when only an edit was undone."""
    project.build(OLD)
    os.utime(project.root / "promgen.lock", ns=(0, 0))
    project.write("rules/a", "by hand")
    project.build(OLD)
    assert project.outputs() == OLD
    assert (project.root / "promgen.lock").stat().st_mtime_ns == 0


def test_no_hard_links(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system without hard links is no obstacle."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    project.build(OLD)
    project.build(NEW)
    assert project.outputs() == NEW


# --- two builds at once


def test_second_build(project: Project) -> None:
    """A second build is turned away while the first one writes."""
    plan = project.plan(OLD)
    with (
        exclusive(project.root),
        pytest.raises(OutsideError, match=r"another promgen build is writing in .*nothing was changed"),
    ):
        project.apply(plan)
    project.apply(plan)
    assert project.outputs() == OLD


def test_outdated_plan(project: Project) -> None:
    """A plan made before another build ended is refused."""
    project.build(OLD)
    plan = project.plan(NEW)
    project.build({"rules/a": "other"})
    with pytest.raises(
        OutsideError, match=r"changed while this build ran; nothing was written, run it again"
    ):
        project.apply(plan)
    assert project.outputs() == {"rules/a": "other"}


def test_file_that_appears(project: Project) -> None:
    """A file that appears after the plan was made is not overwritten."""
    project.build(OLD)
    plan = project.plan(NEW)
    project.write("rules/wide/d", "mine")
    before = project.snapshot()
    with pytest.raises(
        OutsideError, match=r"cannot write rules/wide/d: a file appeared there during the build"
    ):
        project.apply(plan)
    assert project.snapshot() == before


# --- what a checkout from somebody else could hold


def test_local_folder_elsewhere(project: Project) -> None:
    """The local folder may not lead out of the project."""
    outside = project.root.parent / "outside"
    outside.mkdir()
    (project.root / ".promgen").symlink_to(outside)
    with pytest.raises(OutsideError, match="is a symbolic link"):
        project.build(OLD)
    assert not list(outside.iterdir())


def test_staging_elsewhere(project: Project) -> None:
    """Clearing does not follow a link out of the project."""
    outside = project.root.parent / "outside"
    outside.mkdir()
    (outside / "theirs").write_text("theirs")
    (project.root / ".promgen").mkdir()
    (project.root / ".promgen/staging").symlink_to(outside)
    assert not recover(project.root)
    project.build(OLD)
    assert (outside / "theirs").read_text() == "theirs"


@pytest.mark.parametrize(
    "journal",
    [
        "",
        "[]",
        "{}",
        '{"folders": [], "steps": [["../outside", true, null]]}',
        '{"folders": ["../outside"], "steps": []}',
        '{"folders": [], "steps": [[1, true, null]]}',
        '{"folders": [], "steps": [["a"]]}',
    ],
)
def test_damaged_journal(project: Project, journal: str) -> None:
    """A damaged or hostile journal is refused."""
    project.write(".promgen/staging/journal.json", journal)
    with pytest.raises(OutsideError, match="is damaged; restore the outputs from version control"):
        recover(project.root)


def test_nothing_to_recover(project: Project) -> None:
    """Without a build, and after a whole one, there is nothing to recover."""
    assert not recover(project.root)
    project.build(OLD)
    assert not recover(project.root)
