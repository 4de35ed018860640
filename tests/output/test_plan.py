"""A plan says what would change and never claims what promgen did not write."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from promgen.base.errors import OutsideError
from promgen.compiler.output.lock import digest_of, read_lock
from promgen.compiler.output.plan import Plan, plan_changes
from tests.output.project import Project, tree_of

OLD = {"rules/a": "1", "rules/b": "2", "docs/c": "3"}


def states(plan: Plan) -> dict[str, tuple[str, ...]]:
    """The paths of a plan by what happens to them, as far as there are any."""
    names = ("created", "updated", "deleted", "unchanged", "edited", "kept")
    found = {name: getattr(plan, name) for name in names} | {"foreign": tuple(plan.foreign)}
    return {name: paths for name, paths in found.items() if paths}


def test_empty_project(project: Project) -> None:
    """Everything is created in an empty project."""
    assert states(project.plan(OLD)) == {"created": ("docs/c", "rules/a", "rules/b")}


def test_kinds_of_change(project: Project) -> None:
    """Each kind of change is told apart."""
    project.build(OLD)
    plan = project.plan({"rules/a": "1", "rules/b": "new", "rules/d": "4"})
    assert states(plan) == {
        "created": ("rules/d",),
        "updated": ("rules/b",),
        "deleted": ("docs/c",),
        "unchanged": ("rules/a",),
    }
    assert plan.contents == {"rules/b": b"new", "rules/d": b"4"}
    assert plan.files == {
        "rules/a": digest_of(b"1"),
        "rules/b": digest_of(b"new"),
        "rules/d": digest_of(b"4"),
    }


def test_edited_file(project: Project) -> None:
    """A file edited by hand is regenerated and reported."""
    project.build(OLD)
    project.write("rules/a", "by hand")
    assert states(project.plan(OLD)) == {
        "updated": ("rules/a",),
        "edited": ("rules/a",),
        "unchanged": ("docs/c", "rules/b"),
    }


def test_edit_equal_to_output(project: Project) -> None:
    """An edit that equals the new output is no change."""
    project.build({"rules/a": "1"})
    project.write("rules/a", "2")
    assert states(project.plan({"rules/a": "2"})) == {"unchanged": ("rules/a",)}


def test_removed_file(project: Project) -> None:
    """A file removed by hand is created again."""
    project.build(OLD)
    (project.root / "rules/a").unlink()
    assert states(project.plan(OLD))["created"] == ("rules/a",)


def test_foreign_file(project: Project) -> None:
    """A file that promgen did not write is foreign."""
    project.write("rules/a", "mine")
    plan = project.plan(OLD)
    assert plan.foreign == {"rules/a": "promgen did not write it"}
    assert "rules/a" not in plan.contents


def test_adopted_file(project: Project) -> None:
    """A file that is already as wanted becomes promgen's."""
    project.write("rules/a", "1")
    assert states(project.plan({"rules/a": "1"})) == {"unchanged": ("rules/a",)}


def test_kept_file(project: Project) -> None:
    """An edited file that nothing produces is kept, and reported until it is gone."""
    project.build(OLD)
    project.write("docs/c", "by hand")
    for _ in range(2):
        plan = project.build({"rules/a": "1", "rules/b": "2"})
        assert states(plan) == {"kept": ("docs/c",), "unchanged": ("rules/a", "rules/b")}
    (project.root / "docs/c").unlink()
    assert "docs/c" not in project.build({"rules/a": "1"}).files


def test_leftover_gone(project: Project) -> None:
    """A leftover that is gone already needs nothing."""
    project.build(OLD)
    (project.root / "docs/c").unlink()
    assert states(project.plan({"rules/a": "1", "rules/b": "2"})) == {"unchanged": ("rules/a", "rules/b")}


def test_folder_in_place_of_file(project: Project) -> None:
    """A folder where a file belongs is foreign."""
    (project.root / "rules/a").mkdir(parents=True)
    assert project.plan({"rules/a": "1"}).foreign == {"rules/a": "`rules/a` is a folder"}


def test_file_in_place_of_folder(project: Project) -> None:
    """A file where a folder belongs is foreign."""
    project.write("rules", "mine")
    assert project.plan({"rules/a": "1"}).foreign == {"rules/a": "`rules` is a file"}


def test_file_becomes_folder(project: Project) -> None:
    """An output may become a folder of outputs, and the other way round."""
    project.build({"rules/a": "1"})
    project.build({"rules/a/b": "2", "rules/a/c/d": "3"})
    assert project.outputs() == {"rules/a/b": "2", "rules/a/c/d": "3"}
    project.build({"rules/a": "4"})
    assert project.outputs() == {"rules/a": "4"}


@pytest.mark.parametrize("stranger", ["rules/a/mine", "rules/a/c/mine", "rules/a/empty/"])
def test_folder_with_strangers(project: Project, stranger: str) -> None:
    """A folder with anything foreign in it does not become a file."""
    project.build({"rules/a/b": "2", "rules/a/c/d": "3"})
    if stranger.endswith("/"):
        (project.root / stranger).mkdir()
    else:
        project.write(stranger, "mine")
    assert project.plan({"rules/a": "4"}).foreign == {"rules/a": "`rules/a` is a folder"}


def test_edited_file_stays_file(project: Project) -> None:
    """A file does not become a folder when it was edited."""
    project.build({"rules/a": "1"})
    project.write("rules/a", "by hand")
    assert project.plan({"rules/a/b": "2"}).foreign == {"rules/a/b": "`rules/a` is a file"}


@pytest.mark.parametrize("link", ["rules", "rules/deep", "rules/deep/a"])
def test_symbolic_link(project: Project, link: str) -> None:
    """A symbolic link in the way is foreign, also one to a folder inside."""
    outside = project.root.parent / "outside"
    (outside / "deep").mkdir(parents=True)
    (outside / "a").write_text("theirs")
    place = project.root / link
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(outside / "a" if link.endswith("a") else outside)
    assert project.plan({"rules/deep/a": "1"}).foreign == {"rules/deep/a": f"`{link}` is a symbolic link"}


def test_no_deletion_through_link(project: Project) -> None:
    """Nothing is deleted through a symbolic link."""
    project.build({"rules/a": "1"})
    outside = project.root.parent / "outside"
    (project.root / "rules").rename(outside)
    (project.root / "rules").symlink_to(outside)
    project.build({})
    assert (outside / "a").read_text() == "1"


def test_letter_case(project: Project) -> None:
    """A change of letter case is a new file."""
    project.build({"rules/cart": "1"})
    project.build({"rules/Cart": "1"})
    assert [path.name for path in (project.root / "rules").iterdir()] == ["Cart"]


def test_foreign_file_of_another_letter_case(project: Project) -> None:
    """A foreign file stays foreign when an output that differs from it by letter case is deleted."""
    project.build({"rules/cart": "1"})
    project.write("rules/Cart", "mine")
    assert project.plan({"rules/Cart": "2"}).foreign == {"rules/Cart": "promgen did not write it"}


def test_ignored_letter_case(project: Project) -> None:
    """Where letter case does not count, the old name makes way for the new one."""
    project.build({"rules/cart": "1"})
    # Where letter case counts, a hard link makes both names one file.
    if not (project.root / "rules/Cart").exists():
        os.link(project.root / "rules/cart", project.root / "rules/Cart")
    assert states(project.plan({"rules/Cart": "1"})) == {
        "created": ("rules/Cart",),
        "deleted": ("rules/cart",),
    }


def test_unreadable_output(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unreadable output is an outside error."""
    project.build(OLD)
    previous = read_lock(project.root)

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(OutsideError, match=r"^cannot read docs/c: Permission denied$"):
        plan_changes(project.root, tree_of(OLD), previous)
