"""With a revision, only findings on what changed since are reported: rules by their text, in a real repository of git."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from promgen.base.diagnostics import Diagnostic
from promgen.base.errors import OutsideError
from promgen.base.problems import Problem
from promgen.base.spans import Span
from promgen.lint.changed import changed_since

HEAD = "groups:\n  - name: shop\n    rules:\n"
FIRST = "      - alert: First\n        expr: up == 0\n        for: 5m\n"
SECOND = "      - alert: Second\n        expr: up == 1\n        labels: {severity: page}\n"
THIRD = "      - alert: Third\n        expr: up == 2\n"
SLO = """\
apiVersion: promgen/v1
kind: SLO
metadata: {name: up}
spec:
  name: up
  objective: 99%
"""


class Repository:
    """A working tree; each finding is a line of a file."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "--quiet", "--initial-branch=main")
        self.write("rules.yml", HEAD + FIRST + SECOND)
        self.commit()

    def git(self, *arguments: str) -> None:
        name = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        subprocess.run(["git", *name, *arguments], cwd=self.root, check=True, capture_output=True)

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "a change")

    def changed(self, path: str = "rules.yml", since: str = "main", below: str = "") -> list[str]:
        """The lines on which a finding would be reported."""
        text = (self.root / below / path).read_text(encoding="utf-8")
        kept = changed_since(findings(text, path), self.root / below, since, {path: text})
        lines = text.split("\n")
        return [lines[one.span.line - 1].strip() for one in kept if one.span is not None]


def findings(text: str, path: str) -> Iterator[Diagnostic]:
    for number, line in enumerate(text.split("\n"), 1):
        if line:
            span = Span(path, number, 1, number, 2)
            yield Diagnostic(problem=Problem("a/b", "why"), message=line, span=span)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def names(lines: list[str]) -> list[str]:
    return [line.removeprefix("- alert: ") for line in lines if "alert" in line]


def test_nothing_changed_is_nothing_found(repository: Repository) -> None:
    assert repository.changed() == []


def test_an_added_rule_is_new_and_its_neighbours_are_not(repository: Repository) -> None:
    repository.write("rules.yml", HEAD + FIRST + THIRD + SECOND)
    assert repository.changed() == ["- alert: Third", "expr: up == 2"]


def test_all_of_a_rule_counts_as_changed_when_a_line_of_it_is(repository: Repository) -> None:
    repository.write("rules.yml", HEAD + FIRST.replace("5m", "1m") + SECOND)
    assert repository.changed() == ["- alert: First", "expr: up == 0", "for: 1m"]


@pytest.mark.parametrize("lost", ["        for: 5m\n", "        expr: up == 0\n"])
def test_a_rule_that_lost_a_line_changed(repository: Repository, lost: str) -> None:
    repository.write("rules.yml", HEAD + FIRST.replace(lost, "") + SECOND)
    assert names(repository.changed()) == ["First"]


def test_a_rule_that_was_removed_changes_no_other(repository: Repository) -> None:
    repository.write("rules.yml", HEAD + SECOND)
    assert repository.changed() == []


def test_a_rule_that_moved_did_not_change(repository: Repository) -> None:
    repository.write("rules.yml", "# moved\n" + HEAD + SECOND + FIRST)
    assert names(repository.changed()) == []


def test_a_file_that_is_new_is_new_throughout(repository: Repository) -> None:
    repository.write("more/new.yml", HEAD + THIRD)
    assert len(repository.changed("more/new.yml")) == 5
    repository.commit()
    assert len(repository.changed("more/new.yml", since="main~1")) == 5


def test_a_file_that_was_renamed_is_compared_with_what_it_was(repository: Repository) -> None:
    repository.git("mv", "rules.yml", "renamed – “twice”.yml")
    repository.write("renamed – “twice”.yml", HEAD + FIRST + SECOND + THIRD)
    assert names(repository.changed("renamed – “twice”.yml")) == ["Third"]


def test_what_others_changed_meanwhile_is_not_ours(repository: Repository) -> None:
    repository.git("checkout", "--quiet", "-b", "branch")
    repository.write("rules.yml", HEAD + FIRST + SECOND + THIRD)
    repository.commit()
    repository.git("checkout", "--quiet", "main")
    repository.write("rules.yml", HEAD + FIRST)
    repository.commit()
    repository.git("checkout", "--quiet", "branch")
    assert names(repository.changed(since="main")) == ["Third"]


def test_paths_are_those_of_the_folder_that_is_linted(repository: Repository) -> None:
    repository.write("below/rules.yml", HEAD + FIRST)
    repository.commit()
    repository.write("below/rules.yml", HEAD + FIRST + SECOND)
    assert names(repository.changed(below="below")) == ["Second"]


def test_a_specification_without_lists_is_one_thing(repository: Repository) -> None:
    repository.write("slo.yaml", f"{SLO}---\n{SLO.replace('up', 'down')}")
    repository.commit()
    text = f"{SLO.replace('99%', '98%')}---\n{SLO.replace('up', 'down')}"
    repository.write("slo.yaml", text)
    assert (
        repository.changed("slo.yaml")
        == SLO.replace("99%", "98%").replace("  name", "name").replace("  obj", "obj").split("\n")[:-1]
    )


@pytest.mark.parametrize("revision", ["nosuch", "--output=x", "", "main:rules.yml"])
def test_a_revision_that_does_not_exist_is_said_so(repository: Repository, revision: str) -> None:
    with pytest.raises(OutsideError, match="git knows no revision"):
        repository.changed(since=revision)
    assert sorted(path.name for path in repository.root.iterdir()) == [".git", "rules.yml"]


def test_outside_a_repository_git_says_so(
    tmp_path: Path, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / ".git").rename(tmp_path / "git")
    with pytest.raises(OutsideError, match="not a git repository"):
        repository.changed()


def test_without_git_it_is_said_that_it_cannot_run(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(OutsideError, match="cannot run git: No such file"):
        repository.changed()
