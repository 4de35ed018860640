"""Drift holds every difference between the committed output and the specs, and tells what caused it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from promgen.compiler.output.drift import CommitMode, Difference, Drift, compare
from promgen.compiler.output.lock import Lock, digest_of, read_lock
from promgen.compiler.output.tree import ArtifactKind, Tree
from tests.output.project import Project, artifact

FILES = {"rules/a": "1", "rules/b": "2", "catalog.json": "{}"}


def tree_of(files: Mapping[str, str]) -> Tree:
    """A tree of rules and a catalogue."""
    kinds = {"catalog.json": ArtifactKind.CATALOG}
    return Tree(
        artifact(path, text, kind=kinds.get(path, ArtifactKind.RULES)) for path, text in files.items()
    )


def drift(
    project: Project,
    files: Mapping[str, str],
    *,
    commit: CommitMode = CommitMode.ALL,
    generator: str = "1.0",
    options: Mapping[str, str] | None = None,
    meanings: Mapping[str, Mapping[str, str]] | None = None,
) -> Drift:
    """The drift of a project from these files."""
    tree = tree_of(files)
    expected = Lock(generator=generator, options=options or {}, files=tree.digests(), meanings=meanings or {})
    return compare(project.root, tree, locked=read_lock(project.root), expected=expected, commit=commit)


@pytest.mark.parametrize("commit", CommitMode)
def test_clean_after_build(project: Project, commit: CommitMode) -> None:
    """After a build there is no drift, whatever is committed."""
    project.build(FILES)
    found = drift(project, FILES, commit=commit)
    assert found.is_clean
    assert not found.has_generator_changed
    assert not found.have_options_changed


@pytest.mark.parametrize("commit", CommitMode)
def test_changed_spec(project: Project, commit: CommitMode) -> None:
    """A changed spec is seen in every mode."""
    project.build(FILES)
    found = drift(project, {"rules/a": "new", "rules/c": "3", "catalog.json": "[]"}, commit=commit)
    assert found.differences == {
        "catalog.json": Difference.DIFFERENT,
        "promgen.lock": Difference.DIFFERENT,
        "rules/a": Difference.DIFFERENT,
        "rules/b": Difference.STALE,
        "rules/c": Difference.MISSING,
    }
    assert list(found.differences) == sorted(found.differences)


@pytest.mark.parametrize(
    ("commit", "missing"),
    [
        (CommitMode.ALL, {"catalog.json", "rules/a", "rules/b"}),
        (CommitMode.RULES, {"rules/a", "rules/b"}),
        (CommitMode.NONE, set()),
    ],
)
def test_only_committed_outputs_are_required(project: Project, commit: CommitMode, missing: set[str]) -> None:
    """What is not committed need not be on disk."""
    project.build(FILES)
    for path in FILES:
        (project.root / path).unlink()
    assert drift(project, FILES, commit=commit).differences == dict.fromkeys(missing, Difference.MISSING)


def test_edit_by_hand(project: Project) -> None:
    """An edit by hand is told from a changed spec."""
    project.build(FILES)
    project.write("rules/a", "by hand")
    assert drift(project, FILES).differences == {"rules/a": Difference.EDITED}


def test_unexpected_file(project: Project) -> None:
    """Something that promgen did not write, in the place of an output, is told from an old output."""
    project.build({"rules/a": "1"})
    project.write("rules/b", "mine")
    (project.root / "catalog.json").mkdir()
    assert drift(project, FILES).differences == {
        "catalog.json": Difference.UNEXPECTED,
        "promgen.lock": Difference.DIFFERENT,
        "rules/b": Difference.UNEXPECTED,
    }


def test_missing_lock(project: Project) -> None:
    """Without a lock the lock is what is missing, even when every output is right."""
    for path, content in FILES.items():
        project.write(path, content)
    found = drift(project, FILES)
    assert found.differences == {"promgen.lock": Difference.MISSING}
    assert found.locked_generator is None
    assert not found.has_generator_changed


def test_upgrade_without_effect(project: Project) -> None:
    """An upgrade that changes no output is no drift, but it is told."""
    project.build(FILES, generator="1.0")
    found = drift(project, FILES, generator="2.0")
    assert found.is_clean
    assert found.has_generator_changed
    assert (found.locked_generator, found.generator) == ("1.0", "2.0")


def test_changed_options(project: Project) -> None:
    """Changed options are told."""
    project.build(FILES)
    found = drift(project, FILES, options={"dialect": "other"})
    assert found.have_options_changed
    assert found.differences == {"promgen.lock": Difference.DIFFERENT}


def test_changed_meaning(project: Project) -> None:
    """A changed meaning is drift of the lock."""
    project.build(FILES)
    found = drift(project, FILES, meanings={"shop/cart/latency": {"expr": digest_of(b"x")}})
    assert found.differences == {"promgen.lock": Difference.DIFFERENT}


def test_comparing_changes_nothing(project: Project) -> None:
    """Comparing writes nothing to the disk."""
    project.write("rules/a", "mine")
    before = sorted(project.root.rglob("*"))
    drift(project, FILES)
    assert sorted(project.root.rglob("*")) == before
