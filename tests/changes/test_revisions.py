"""A revision is read out of git without touching the working tree, and nothing in it leads out of its folder."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from promgen.base.errors import UsageError
from promgen.changes.revisions import describe_revision, revision_folder, split_revisions
from promgen.compiler.source.files import MAX_BYTES


class Repository:
    """A working tree with a project."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "--quiet", "--initial-branch=main")
        self.write("promgen.yaml", "kind: Project\n")

    def git(self, *arguments: str) -> str:
        name = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        done = subprocess.run(["git", *name, *arguments], cwd=self.root, check=True, capture_output=True)
        return done.stdout.decode()

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "a change")

    def files(self, revision: str = "HEAD", below: str = "") -> dict[str, str]:
        """What is written of a revision."""
        with revision_folder(self.root / below, revision) as folder:
            return {
                path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
                for path in folder.rglob("*")
                if path.is_file()
            }


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_files_are_as_they_were(repository: Repository) -> None:
    repository.write("slo-specs/shop – “a”.yaml", "before: ü\n")
    repository.write("runbooks/a.md", "# A\n")
    repository.commit()
    repository.write("slo-specs/shop – “a”.yaml", "after\n")
    assert repository.files() == {
        "promgen.yaml": "kind: Project\n",
        "slo-specs/shop – “a”.yaml": "before: ü\n",
        "runbooks/a.md": "# A\n",
    }
    assert (repository.root / "slo-specs/shop – “a”.yaml").read_text() == "after\n"
    assert repository.git("status", "--porcelain").count("\n") == 1


def test_line_ends_and_attributes_are_left_alone(repository: Repository) -> None:
    repository.write(".gitattributes", "*.yaml export-ignore export-subst\n")
    repository.write("slo-specs/a.yaml", "hash: $Format:%H$\n")
    repository.commit()
    assert repository.files()["slo-specs/a.yaml"] == "hash: $Format:%H$\n"


def test_what_no_build_reads_is_left_out(repository: Repository) -> None:
    for path in ("slo-specs/.hidden.yaml", ".github/workflows/a.yaml", "large.bin", "docs/a.md"):
        repository.write(path, "a")
    repository.commit()
    assert [*repository.files()] == ["promgen.yaml"]


def test_the_folder_is_gone_afterwards(repository: Repository) -> None:
    repository.commit()
    with revision_folder(repository.root, "HEAD") as folder:
        assert folder.is_dir()
    assert not folder.exists()


def test_a_project_may_stand_anywhere_in_a_repository(repository: Repository) -> None:
    repository.write("monitoring/promgen.yaml", "kind: Other\n")
    repository.commit()
    assert repository.files(below="monitoring") == {"promgen.yaml": "kind: Other\n"}


def test_links_are_followed_within_the_revision(repository: Repository) -> None:
    repository.write("shared/a.yaml", "shared\n")
    (repository.root / "slo-specs").mkdir()
    (repository.root / "slo-specs/first.yaml").symlink_to("../shared/a.yaml")
    (repository.root / "slo-specs/second.yaml").symlink_to("first.yaml")
    repository.commit()
    assert repository.files()["slo-specs/second.yaml"] == "shared\n"


def test_links_lead_nowhere_else(repository: Repository, tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("outside") / "secret.yaml"
    secret.write_text("secret")
    (repository.root / "slo-specs").mkdir()
    for name, target in {
        "absolute": str(secret),
        "relative": os.path.relpath(secret, repository.root / "slo-specs"),
        "circle": "circle.yaml",
        "folder": "..",
    }.items():
        (repository.root / f"slo-specs/{name}.yaml").symlink_to(target)
    repository.commit()
    assert [*repository.files()] == ["promgen.yaml"]


def test_other_repositories_within_are_left_out(repository: Repository) -> None:
    repository.commit()
    commit = repository.git("rev-parse", "HEAD").strip()
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{commit},slo-specs/other.yaml")
    repository.git("commit", "--quiet", "--message", "a submodule")
    assert [*repository.files()] == ["promgen.yaml"]


def test_a_file_that_is_too_large_stays_too_large(repository: Repository) -> None:
    repository.write("slo-specs/a.yaml", "#" * (MAX_BYTES + 10))
    repository.commit()
    assert len(repository.files()["slo-specs/a.yaml"]) == MAX_BYTES + 1


@pytest.mark.parametrize("revision", ["nothing", "--help", "HEAD~5", "HEAD:promgen.yaml", ""])
def test_a_revision_that_is_none_is_refused(repository: Repository, revision: str) -> None:
    repository.commit()
    with pytest.raises(UsageError, match="commit, branch or tag"):
        repository.files(revision)


def test_a_revision_without_a_project_is_refused(repository: Repository) -> None:
    (repository.root / "promgen.yaml").unlink()
    repository.commit()
    with pytest.raises(UsageError, match=r"no promgen\.yaml in this folder at `HEAD`"):
        repository.files()


def test_a_revision_is_called_by_its_name_and_commit(repository: Repository) -> None:
    repository.commit()
    commit = repository.git("rev-parse", "HEAD").strip()
    assert describe_revision(repository.root, "main") == f"main ({commit[:10]})"
    assert describe_revision(repository.root, commit) == commit[:10]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a", ("a", None)), ("a..b", ("a", "b")), ("..b", ("HEAD", "b")), ("a..", ("a", "HEAD"))],
)
def test_two_revisions_are_written_with_dots(text: str, expected: tuple[str, str | None]) -> None:
    assert split_revisions(text) == expected
